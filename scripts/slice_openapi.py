"""Cut GitHub's own API description down to the paths that the forge room uses: `tests/forges/data/github.json`.

The description is the npm package `@octokit/openapi`, 13 MB of it; give the path of its `api.github.com.json`. What
is cut away is only what no check reads: prose, examples, links and operations of other paths.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "tests" / "forges" / "data" / "github.json"
_REPO = "/repos/{owner}/{repo}"
OPERATIONS = {
    "/user": ["get"],
    _REPO: ["get"],
    f"{_REPO}/pulls": ["get", "post"],
    f"{_REPO}/pulls/{{pull_number}}": ["get", "patch"],
    f"{_REPO}/pulls/{{pull_number}}/merge": ["put"],
    f"{_REPO}/pulls/{{pull_number}}/reviews": ["get", "post"],
    f"{_REPO}/issues/{{issue_number}}/comments": ["get", "post"],
    f"{_REPO}/issues/comments/{{comment_id}}": ["patch"],
    f"{_REPO}/check-runs": ["post"],
    f"{_REPO}/check-runs/{{check_run_id}}": ["patch"],
    f"{_REPO}/commits/{{ref}}/check-runs": ["get"],
    f"{_REPO}/statuses/{{sha}}": ["post"],
    f"{_REPO}/commits/{{ref}}/status": ["get"],
    f"{_REPO}/branches/{{branch}}": ["get"],
    f"{_REPO}/branches/{{branch}}/protection": ["get"],
    f"{_REPO}/rules/branches/{{branch}}": ["get"],
    f"{_REPO}/rulesets": ["post"],
    f"{_REPO}/rulesets/{{ruleset_id}}": ["get"],
}
_NEVER_READ = {"example", "examples", "externalDocs", "x-github", "x-octokit", "tags", "summary"}


def sliced(whole: dict[str, Any]) -> dict[str, Any]:
    """The description with our operations, and the components that they reach."""
    paths = {
        path: {key: whole["paths"][path][key] for key in (*methods, "parameters") if key in whole["paths"][path]}
        for path, methods in OPERATIONS.items()
    }
    components: dict[str, dict[str, Any]] = {}
    _reach(paths, whole["components"], components)
    head = {key: whole[key] for key in ("openapi", "info", "servers")}
    plain: dict[str, Any] = _without_prose({**head, "paths": paths, "components": components})
    plain["info"]["description"] = "A slice of GitHub's REST API description; see LICENSE-octokit-openapi beside it."
    return plain


def _reach(node: object, whole: dict[str, Any], found: dict[str, dict[str, Any]]) -> None:
    """Put every component that `node` refers to into `found`, and what those refer to."""
    if isinstance(node, list):
        for each in node:
            _reach(each, whole, found)
    elif isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            _, _, kind, name = reference.split("/", 3)
            if name not in found.setdefault(kind, {}):
                found[kind][name] = whole[kind][name]
                _reach(whole[kind][name], whole, found)
        for each in node.values():
            _reach(each, whole, found)


def _without_prose(node: Any, *, names: bool = False) -> Any:  # noqa: ANN401 - any JSON
    """The same description without examples and with empty prose. `names` is true where keys are names of fields."""
    if isinstance(node, list):
        return [_without_prose(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: "" if key == "description" and isinstance(value, str) else _without_prose(value, names=key == "properties")
        for key, value in node.items()
        if names or key not in _NEVER_READ
    }


def main(source: str) -> int:
    """Write the slice; `source` is the whole description."""
    whole = json.loads(Path(source).read_text(encoding="utf-8"))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(sliced(whole), separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
