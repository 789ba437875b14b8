"""An OpenAPI document as a judge: whether an answer is one that it documents, to the last member."""

import json
import re
import warnings

import jsonschema
import yaml

METHODS = ("get", "post", "put", "patch", "delete")
NULL = {"type": "null"}


class Undocumented(AssertionError):
    pass


def _json_schema(schema, exact: bool):
    """OpenAPI 3.0 says `nullable`, JSON Schema a type. Exact: an object that lists its members has no others, so that
    nothing is answered that nobody can look up."""
    if isinstance(schema, list):
        return [_json_schema(each, exact) for each in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: _json_schema(value, exact) for key, value in schema.items() if key not in ("nullable", "example")}
    if exact and isinstance(schema.get("properties"), dict) and "type" in schema:
        out.setdefault("additionalProperties", False)
    return {"anyOf": [NULL, out]} if schema.get("nullable") is True else out


class Contract:
    def __init__(self, path: str, exact: bool = True) -> None:
        self._exact = exact
        with open(path, encoding="utf-8") as file:
            self.document = yaml.safe_load(file)
        schemas = _json_schema(self.document.get("components", {}).get("schemas", {}), exact)
        self._root = {"components": {"schemas": schemas}}
        self.answered: "set[tuple[str, str]]" = set()

    def operations(self) -> "set[tuple[str, str]]":
        return {(method, path) for path, item in self.document["paths"].items() for method in METHODS if method in item}

    def _resolved(self, node: dict) -> dict:
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def _operation(self, method: str, url: str) -> "tuple[str, dict]":
        path = url.split("?", 1)[0]
        fitting = [template for template in self.document["paths"]
                   if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path)]
        for template in sorted(fitting, key=lambda t: t.count("{")):
            if method in self.document["paths"][template]:
                return template, self.document["paths"][template][method]
        raise Undocumented(f"{method} {path} is not documented")

    def _faults(self, schema: dict, instance) -> "list[str]":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            resolver = jsonschema.RefResolver("", self._root)
        validator = jsonschema.Draft7Validator(_json_schema(schema, self._exact), resolver=resolver,
                                               format_checker=jsonschema.FormatChecker())
        faults = []
        for error in validator.iter_errors(instance):
            error = jsonschema.exceptions.best_match([error])
            faults.append(f"{'/'.join(map(str, error.absolute_path)) or '(the body)'}: {error.message[:300]}")
        return faults

    def check_request(self, method: str, url: str, body) -> "list[str]":
        """What the document has against this request's body."""
        asked = self._operation(method, url)[1].get("requestBody")
        if asked is None:
            return [] if body is None else ["no body is documented"]
        content = self._resolved(asked)["content"]
        if "application/json" not in content or body is None:
            return []
        return self._faults(content["application/json"]["schema"], body)

    def check_answer(self, method: str, url: str, status: int, content_type: str, body: str) -> None:
        template, operation = self._operation(method, url)
        what = f"{method.upper()} {url}: {status}"
        self.answered.add((method, template))
        # x-responses: what every operation may answer.
        responses = {**self.document.get("x-responses", {}), **operation["responses"]}
        if str(status) not in responses:
            raise Undocumented(f"{what} is not documented: {body[:300]}")
        content = self._resolved(responses[str(status)]).get("content")
        if content is None:
            if body:
                raise Undocumented(f"{what} has a body: {body[:300]}")
            return
        kind = content_type.split(";")[0]
        if kind not in content:
            raise Undocumented(f"{what} is {kind or 'without a type'}, documented: {', '.join(content)}")
        if kind == "application/json":
            faults = self._faults(content[kind]["schema"], json.loads(body))
            if faults:
                raise Undocumented(f"{what} is not as documented: " + "; ".join(faults))
