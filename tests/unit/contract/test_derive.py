from __future__ import annotations

import ibis
import pytest

import parcels
from weekwise.contract import derive
from weekwise.contract.derive import SignatureColumn
from weekwise.contract.model import Contracts
from weekwise.contract.type_facts import MLflowType


def test_every_column_has_a_pandas_and_an_ibis_type() -> None:
    """Types follow from the contract, in the table's order, and can all hold missing values."""
    contract = parcels.contract()
    assert derive.pandas_dtypes(contract) == {
        "day": "datetime64[us]",
        "depot": "str",
        "number": "Int64",
        "weight": "float64",
        "pieces": "Int64",
        "carrier": "str",
        "fragile": "boolean",
        "label": "str",
        "sent": "datetime64[us]",
        "late": "boolean",
    }
    assert derive.ibis_schema(contract) == ibis.schema(
        {
            "day": "date",
            "depot": "string",
            "number": "int64",
            "weight": "float64",
            "pieces": "int64",
            "carrier": "string",
            "fragile": "boolean",
            "label": "string",
            "sent": "timestamp(6)",
            "late": "boolean",
        }
    )


def test_the_signature_has_the_models_inputs_alone() -> None:
    """Neither target, key nor context is an input, and what may be missing is not required."""
    assert derive.signature_columns(parcels.contract()) == (
        SignatureColumn("day", MLflowType("datetime", "datetime64[ns]"), required=True),
        SignatureColumn("weight", MLflowType("double", "float64"), required=False),
        SignatureColumn("pieces", MLflowType("double", "float64"), required=False),
        SignatureColumn("carrier", MLflowType("string", "object"), required=True),
        SignatureColumn("fragile", MLflowType("boolean", "object"), required=False),
    )


@pytest.mark.parametrize(
    ("keys", "mlflow", "required"),
    [
        ({"missing": "never"}, MLflowType("long", "int64"), True),
        (
            {"missing": "never", "serving": {"missing": "accept"}},
            MLflowType("double", "float64"),
            False,
        ),
        ({"missing": 0.5, "serving": {"missing": "refuse"}}, MLflowType("double", "float64"), True),
    ],
)
def test_an_integer_that_may_be_missing_anywhere_is_a_double(
    keys: dict[str, object], mlflow: MLflowType, required: bool
) -> None:
    """MLflow's long holds no missing value, so it is used only where none can come."""
    signature = derive.signature_columns(parcels.contract({"pieces": keys}))
    assert signature[2] == SignatureColumn("pieces", mlflow, required)


def test_features_are_categorical_or_numerical() -> None:
    """Every feature is in one of CatBoost's two lists, and nothing else is."""
    contract = parcels.contract()
    assert derive.categorical(contract) == ["carrier"]
    assert derive.numerical(contract) == ["weight", "pieces", "fragile"]


def test_a_new_column_reaches_all_that_is_derived() -> None:
    """One entry in the contract is all that a new feature needs."""
    new = {"type": "number", "role": "feature", "title": "Height", "unit": "cm"}
    columns = {**parcels.COLUMNS, "height": new}
    contract = parcels.contract().model_copy()
    contract = type(contract).model_validate({**contract.model_dump(), "columns": columns})
    assert "height" in derive.pandas_dtypes(contract)
    assert "height" in derive.ibis_schema(contract)
    assert "height" in derive.numerical(contract)
    assert "height" in {column.name for column in derive.signature_columns(contract)}
    assert "height" in derive.row_model(contract).model_fields
    assert "`height`" in derive.data_dictionary(contract)


def test_the_dictionary_tells_what_a_column_is_and_allows() -> None:
    """A reader of the documentation sees type, role, limits with their unit, and meaning."""
    row = next(
        line
        for line in derive.data_dictionary(parcels.contract()).splitlines()
        if line.startswith("| `weight`")
    )
    assert row == (
        "| `weight` | number | feature | up to 50% | 0 to 100 kg | quarantine "
        "| Weight. Without the box. |"
    )


def test_the_dictionary_lists_labels_and_further_checks() -> None:
    """Labels that say more than the value are listed, and so is each expectation's reason."""
    check = {
        "expectation": "expect_column_mean_to_be_between",
        "arguments": {"column": "weight", "min_value": 1},
        "severity": "warn",
        "description": "Parcels are heavy.",
    }
    text = derive.data_dictionary(parcels.contract(expectations=[check]))
    assert "Values of `depot`:\n\n- `N`: North\n- `S`: South" in text
    assert "Values of `carrier`" not in text
    assert "expect_column_mean_to_be_between(column='weight', min_value=1)`, warn." in text
    assert "Parcels are heavy." in text


def test_a_bar_in_a_description_does_not_break_the_table() -> None:
    """Text from a contract cannot add cells to the dictionary's table."""
    text = derive.data_dictionary(parcels.contract({"weight": {"description": "a|b\nc"}}))
    assert "Weight. a\\|b c." in text


def test_every_table_of_the_example_has_a_dictionary(contracts: Contracts) -> None:
    """Each column of each contract has its row."""
    for contract in contracts.values():
        text = derive.data_dictionary(contract)
        assert all(f"| `{name}` |" in text for name in contract.columns)


def test_the_feed_has_the_features_contract() -> None:
    """Where the feed has no contract of its own it is that of the features, from the same file."""
    features = parcels.contract(columns={"label": {"role": "context"}}).model_copy(
        update={"table": "features"}
    )

    contracts = derive.with_feed({"features": features})

    assert contracts["feed"].columns == features.columns
    assert contracts["feed"].table == "feed"
    assert contracts["feed"].file == features.file == "contracts/features.yml"
    assert derive.with_feed({"features": features, "feed": features})["feed"] is features
    assert derive.with_feed({}) == {}
