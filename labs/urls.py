from django.urls import path

from labs import beside_views, run_views, sweep_views, views
from labs.consumers import RunConsumer

app_name = "labs"

urlpatterns = [
    path("labs/", views.labs, name="labs"),
    path("labs/<slug:slug>/", views.lab, name="lab"),
    path("labs/<slug:slug>/runs/", views.create_run, name="create_run"),
    path("labs/<slug:slug>/source/", views.source, name="source"),
    path("runs/", run_views.run_list, name="runs"),
    path("runs/import/", run_views.import_file, name="import"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("runs/<uuid:run_id>/family/", beside_views.family, name="family"),
    path("runs/<uuid:a>/beside/<uuid:b>/", beside_views.beside, name="beside"),
    path("runs/<uuid:run_id>/name/", run_views.rename, name="rename"),
    path("runs/<uuid:run_id>/duplicate/", run_views.duplicate, name="duplicate"),
    path("runs/<uuid:run_id>/delete/", run_views.delete, name="delete"),
    path("runs/<uuid:run_id>/export/", run_views.export, name="export"),
    path("runs/<uuid:run_id>/copy/", run_views.copy, name="copy"),
    path("runs/<uuid:run_id>/share/", run_views.share, name="share"),
    path("runs/<uuid:run_id>/seeds/", sweep_views.begin, name="sweep"),
    path("sweeps/<uuid:sweep>/", sweep_views.look, name="sweep_look"),
    path("sweeps/<uuid:sweep>/cancel/", sweep_views.cancel, name="sweep_cancel"),
    path("shared/<str:key>/", run_views.shared, name="shared"),
]

websocket_urlpatterns = [path("ws/runs/<uuid:run_id>/", RunConsumer.as_asgi())]
