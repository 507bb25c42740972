from django.urls import re_path

from lessons import concept_views, views
from lessons.content.matter import NUMBER

urlpatterns = [
    re_path(rf"^lessons/(?P<number>{NUMBER.pattern})/$", views.lesson, name="lesson"),
    re_path(r"^concepts/(?P<slug>[a-z][a-z0-9-]{0,60})/$", concept_views.concept, name="concept"),
]
