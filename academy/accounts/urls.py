"""Only the pages we have: allauth's others (addresses, codes, mailed resets) are not reachable.

`inactive/` is allauth's place for accounts that are switched off; ours are told where they log in (`adapter`), so nobody is at home there.
"""

from allauth.account import views as allauth_views
from django.urls import path
from django.views.generic import RedirectView

from academy.accounts import views

urlpatterns = [
    path("signup/", views.signup, name="account_signup"),
    path("login/", views.login, name="account_login"),
    path("logout/", allauth_views.logout, name="account_logout"),
    path("inactive/", RedirectView.as_view(pattern_name="home"), name="account_inactive"),
    path("reauthenticate/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.change_password, name="account_change_password"),
    path("password/set/", views.set_password, name="account_set_password"),
    path("password/forgot/", views.forgot_password, name="account_reset_password"),
    path("reset/done/", views.reset_password_done, name="reset_password_done"),
    path("reset/<uidb64>/<token>/", views.reset_password, name="reset_password"),
    path("guest/", views.guest, name="guest"),
    path("link/<str:token>/", views.first_login, name="first_login"),
]
