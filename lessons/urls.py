from django.urls import path, re_path

from lessons import concept_views, progress_views, search_views, views
from lessons.authoring import previews
from lessons.content.matter import NUMBER

urlpatterns = [
    re_path(rf"^lessons/(?P<number>{NUMBER.pattern})/$", views.lesson, name="lesson"),
    re_path(rf"^lessons/(?P<number>{NUMBER.pattern})/preview/$", previews.preview, name="lesson_preview"),
    re_path(rf"^lessons/(?P<number>{NUMBER.pattern})/draft/(?P<pk>[0-9]{{1,12}})/$", previews.draft, name="lesson_draft"),
    re_path(rf"^lessons/(?P<number>{NUMBER.pattern})/read/$", progress_views.whole, name="read_lesson"),
    path("progress/", progress_views.mine, name="progress"),
    path("progress/read/", progress_views.read, name="progress_read"),
    path("progress/reset/", progress_views.reset, name="progress_reset"),
    path("search/", search_views.search, name="search"),
    path("concepts/", concept_views.glossary, name="concepts"),
    path("concepts/map/", concept_views.course_map, name="concept_map"),
    re_path(r"^concepts/(?P<slug>[a-z][a-z0-9-]{0,60})/$", concept_views.concept, name="concept"),
]
