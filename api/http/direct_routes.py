"""Routes that are asked for single rows: answered past the framework's router.

FastAPI looks through its routers, keeps a stack of things to close, and resolves dependencies anew
for each request, which together costs twice what reading, predicting and answering one row does.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.exceptions import ProblemError, problem_response


class DirectRoutes:
    """Answers requests to some exact paths by itself, and leaves all others to an application.

    Args:
        app: The application, which has the same routes for whoever asks in another way, and
            documents them.
        routes: The routes, without parameters in their paths. Their endpoints take a request and
            check all that the application's dependencies would.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[Route]) -> None:
        self._app = app
        self._routes = {
            (method, route.path): route for route in routes for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        route = None
        if scope["type"] == "http":
            route = self._routes.get((scope["method"], scope["path"]))
        if route is None:
            await self._app(scope, receive, send)
            return
        scope["route"], scope["app"] = route, self._app
        try:
            response = await route.endpoint(Request(scope, receive))
        except ProblemError as problem:
            response = problem_response(problem, scope)
        await response(scope, receive, send)
