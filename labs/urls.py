from django.urls import path

from labs import views
from labs.consumers import RunConsumer

app_name = "labs"

urlpatterns = [
    path("labs/", views.labs, name="labs"),
    path("labs/<slug:slug>/", views.lab, name="lab"),
    path("labs/<slug:slug>/runs/", views.create_run, name="create_run"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
]

websocket_urlpatterns = [path("ws/runs/<uuid:run_id>/", RunConsumer.as_asgi())]
