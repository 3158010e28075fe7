"""The file MLflow runs to make the served model: models from code, so that nothing is pickled.

https://mlflow.org/docs/latest/ml/model/models-from-code/
"""

import os
import warnings

import pandas as pd
from mlflow.models import set_model

from weekwise.model.pyfunc import PredictorModel

if os.environ.get("_MLFLOW_IS_IN_SERVING_ENVIRONMENT") == "true":
    # `mlflow models predict -t csv` turns text into dates only where its dtype is object, which
    # pandas 3 reads text as only when told to. The process does nothing else.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pd.set_option("future.infer_string", False)

set_model(PredictorModel())
