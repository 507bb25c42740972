from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("academy.accounts.urls")),
    path("accounts/data/", include("academy.privacy.urls")),
    path("classes/", include("academy.classes.urls")),
    path("classes/", include("academy.quizzes.regrade_urls")),
    path("classes/", include("academy.quizzes.staff_urls")),
    path("classes/", include("academy.insight.urls")),
    path("", include("academy.site.urls")),
    path("", include("academy.quizzes.urls")),
    path("", include("academy.gradebook.urls")),
    path("", include("lessons.urls")),
    path("", include("labs.urls")),
]

handler400 = "academy.site.views.bad_request"
handler403 = "academy.site.views.forbidden"
handler404 = "academy.site.views.not_found"
handler500 = "academy.site.views.server_error"
