"""The WebSocket's document (AsyncAPI), and the schemas of all frames for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, create_model
from pydantic.json_schema import JsonSchemaValue, models_json_schema

from tbg.core.domain import Domain
from tbg.core.frames import FrameData
from tbg.domains.realtime.schemas import Channels, Ping

_REF = "#/components/schemas/{model}"


def frame_model(data: type[FrameData]) -> type[BaseModel]:
    """The whole frame with this data."""
    return create_model(
        data.__name__.removesuffix("Data") + "Frame",
        __doc__=data.__doc__,
        id=(int | None, ...),
        subject=(str | None, ...),
        channel=(Literal[data.CHANNEL], ...),  # type: ignore[arg-type]
        type=(Literal[data.TYPE], ...),  # type: ignore[arg-type]
        ts=(datetime, ...),
        data=(data, ...),
    )


def schemas(domains: Iterable[Domain]) -> dict[str, JsonSchemaValue]:
    """The schema of every frame by its name, and of `ServerFrame`, any of them."""
    models = [frame_model(data) for domain in domains for data in domain.frames]
    _, made = models_json_schema([(model, "serialization") for model in models], ref_template=_REF)
    found: dict[str, JsonSchemaValue] = made["$defs"]
    refs = [{"$ref": _REF.format(model=model.__name__)} for model in models]
    return found | {"ServerFrame": {"title": "ServerFrame", "oneOf": refs}}


def asyncapi(domains: Iterable[Domain], *, title: str, version: str) -> dict[str, Any]:
    """The AsyncAPI document of `/ws`: the same for the same domains, byte for byte."""
    domains = list(domains)
    models = [frame_model(data) for domain in domains for data in domain.frames]
    orders: list[type[BaseModel]] = [Channels, Ping]
    _, made = models_json_schema([(model, "validation") for model in orders], ref_template=_REF)
    names = {"server": [m.__name__ for m in models], "client": [m.__name__ for m in orders]}
    docs = {model.__name__: model.__doc__ for model in [*models, *orders]}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": version},
        "defaultContentType": "application/json",
        "channels": {
            "socket": {
                "address": "/ws",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in docs},
            }
        },
        "operations": {
            "sendFrame": _operation("send", names["server"]),
            "receiveOrder": _operation("receive", names["client"]),
        },
        "components": {
            "messages": {
                name: {"summary": doc, "payload": {"$ref": _REF.format(model=name)}}
                for name, doc in docs.items()
            },
            "schemas": schemas(domains) | made["$defs"],
        },
    }


def _operation(action: str, names: Iterable[str]) -> dict[str, Any]:
    messages = [{"$ref": f"#/channels/socket/messages/{name}"} for name in names]
    return {"action": action, "channel": {"$ref": "#/channels/socket"}, "messages": messages}
