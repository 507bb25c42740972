"""The ASGI entry: Django for HTTP, Channels for the labs' websockets. Django is initialised before any consumer is imported."""

import gc
import os
from importlib import import_module

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "academy.settings")
http = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from academy.limits import BodyLimit  # noqa: E402
from academy.origin import SameOrigin  # noqa: E402
from labs.urls import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": BodyLimit(http),
        "websocket": SameOrigin(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)

# What is loaded once stays: where the garbage collector looked through all of it, every socket would stand still for a frame or four.
import_module("academy.urls")
gc.collect()
gc.freeze()
