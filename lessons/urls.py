from django.urls import re_path

from lessons import views
from lessons.content.matter import NUMBER

urlpatterns = [
    re_path(rf"^lessons/(?P<number>{NUMBER.pattern})/$", views.lesson, name="lesson"),
]
