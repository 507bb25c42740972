"""Under `/classes/`. What links to the key of a question: `{% url 'class_regrades:question' class.pk uid %}`."""

from django.urls import path

from academy.quizzes import regrade_views as views
from academy.quizzes import regrading

app_name = "class_regrades"

urlpatterns = [
    path("<int:pk>/regrades/", views.regrades, name="regrades"),
    path("<int:pk>/regrades/questions/<slug:uid>/", views.question, name="question"),
    path("<int:pk>/regrades/questions/<slug:uid>/new/", views.choose, name="choose"),
    path("<int:pk>/regrades/<int:run>/", views.regrade, name="regrade"),
    path("<int:pk>/regrades/<int:run>/status/", views.status, name="status"),
    path("<int:pk>/regrades/<int:run>/apply/", views.decide, {"does": regrading.apply}, name="apply"),
    path("<int:pk>/regrades/<int:run>/discard/", views.discard, name="discard"),
    path("<int:pk>/regrades/<int:run>/revert/", views.decide, {"does": regrading.revert}, name="revert"),
]
