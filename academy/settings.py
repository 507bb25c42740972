"""Settings: this one file, driven by the environment. `python3 manage.py up` sets what it needs; `.env.example` names every variable."""

import json
import sys
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


# What this checkout keeps on this machine: the servers' data, secrets, logs, backups, collected static files.
LOCAL_DIR = Path(env.str("ACADEMY_LOCAL", str(BASE_DIR / ".local")))


def local(name: str, default: str = "") -> str:
    """A setting from the environment, else from what a running `manage.py up` wrote down, else the default."""
    written = LOCAL_DIR / "env.json"
    if name not in env.ENVIRON and written.exists():
        return str(json.loads(written.read_text()).get(name, default))
    return env.str(name, default)


DEBUG = env.bool("DEBUG", False)
ADDRESS = local("ADDRESS")  # of the site that `manage.py up` runs here now; "" elsewhere
SECRET_KEY = local("SECRET_KEY")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set. `python3 manage.py up` makes one; elsewhere set it to 50 or more random characters.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Behind TLS set HTTPS=1: cookies are then sent over TLS only and browsers are told to stay there.
HTTPS = env.bool("HTTPS", False)

INSTALLED_APPS = [
    "academy",
    "academy.accounts",
    "academy.audit",
    "academy.classes",
    "academy.quizzes",
    "academy.gradebook",
    "academy.insight",
    "academy.privacy",
    "lessons",
    "labs",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "academy.static.StaticFiles",
    "allauth",
    "allauth.account",
    "auditlog",
    "channels",
    "csp",
    "django_htmx",
    "django_structlog",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "academy.site.nul.refuse_nul",  # after all that its page is drawn with
    "academy.accounts.seen.seen",
    "academy.audit.actor.actor",
    "allauth.account.middleware.AccountMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
]

ROOT_URLCONF = "academy.urls"
ASGI_APPLICATION = "academy.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "academy.site.context.theme",
                "lessons.context.course",
            ]
        },
    }
]

# --- PostgreSQL: what must not be lost ---
DATABASES = {"default": env.db_url_config(local("DATABASE_URL", "postgresql://academy@127.0.0.1:5432/academy"))}
DATABASES["default"]["CONN_MAX_AGE"] = 0
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # a server that came back must not cost one failed request for each pooled connection
DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 8, "timeout": 10}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: what can be computed again. Broker, cache and chunks, and channel layer in databases of their own ---
REDIS_URL = local("REDIS_URL", "redis://127.0.0.1:6379").rstrip("/")
REDIS_BROKER_URL = env.str("REDIS_BROKER_URL", f"{REDIS_URL}/0")
REDIS_CHUNKS_URL = env.str("REDIS_CHUNKS_URL", f"{REDIS_URL}/1")
REDIS_LAYER_URL = env.str("REDIS_LAYER_URL", f"{REDIS_URL}/2")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_CHUNKS_URL, "KEY_PREFIX": "cache"}}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # Without these two, idle sockets die after 5 s and the pool's cap of 100 fails joins (channels_redis 4.3 with redis-py 8).
        "CONFIG": {"hosts": [{"address": REDIS_LAYER_URL, "socket_timeout": None, "max_connections": 2000}]},
    }
}

CELERY_BROKER_URL = REDIS_BROKER_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Redelivery after a dead worker takes about 100 s with the defaults.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 60, "unacked_restore_interval": 2, "unacked_restore_throttle": 1,
    "socket_timeout": 3,  # a broker that hangs must not hold for ever whoever hands in; longer than a worker's BRPOP, which takes 1 s
}  # fmt: skip
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 30
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "labs.tasks.simulate": {"queue": "live"},
    "labs.tasks.seek": {"queue": "live"},
    "academy.quizzes.tasks.*": {"queue": "grading"},
    "academy.quizzes.regrade_tasks.*": {"queue": "grading"},
}
CELERY_BEAT_SCHEDULE = {
    "expire-guests": {"task": "academy.accounts.tasks.expire_guests", "schedule": crontab(hour=3, minute=10)},
    "expire-runs": {"task": "labs.tasks.expire_runs", "schedule": crontab(hour=3, minute=40)},
    "end-attempts": {"task": "academy.quizzes.tasks.end_attempts", "schedule": 5.0, "options": {"expires": 5}},
    "carry-on-regrades": {"task": "academy.quizzes.regrade_tasks.carry_on_unfinished", "schedule": 15.0, "options": {"expires": 15}},
    "grade-waiting": {"task": "academy.quizzes.tasks.grade_waiting", "schedule": 10.0, "options": {"expires": 10}},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # KiB
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- Accounts ---
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = False  # nobody logs in by address; refusing a taken one would only tell who is here
ACCOUNT_ADAPTER = "academy.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    name: f"academy.accounts.forms.{form}Form"
    for name, form in {"login": "Login", "signup": "Signup", "change_password": "ChangePassword", "set_password": "SetPassword"}.items()
}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USERNAME_MIN_LENGTH = 2
ACCOUNT_USERNAME_VALIDATORS = "academy.accounts.forms.NAME_VALIDATORS"
ACCOUNT_USERNAME_BLACKLIST = ["academy", "admin", "administrator", "guest", "instructor", "root", "staff", "system"]
# A class sits behind one address, so the limits per address are a class's and the limits per account are a person's.
ACCOUNT_RATE_LIMITS = {
    "guest": "60/m/ip,600/h/ip",
    "signup": "60/m/ip,600/h/ip",
    "login": "120/m/ip",
    "login_failed": "30/m/ip,5/5m/key",
    "first_login": "20/m/ip",
    "join_class": "10/m/user,60/h/user,120/m/ip",
    "class_link": "120/m/ip",
    "export_data": "3/m/user,20/h/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)  # how many proxies in front write X-Forwarded-For
LABS_ENSURE_USER = "academy.accounts.guests.ensure_user"  # labs may not import accounts; it calls this by name
LABS_MAY_WATCH = "academy.classes.access.may_watch"  # nor classes
AUDITLOG_LOGENTRY_MODEL = "audit.Entry"
MIGRATION_MODULES = {"auditlog": None}  # its own table would stay empty, and its foreign keys would be in everybody's way
AUDITLOG_USE_FK_STRING_REPRESENTATION = True
AUDITLOG_DISABLE_REMOTE_ADDR = True
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600
SESSION_COOKIE_AGE = 30 * 24 * 3600
CSRF_FAILURE_VIEW = "academy.site.views.csrf_failed"
EMAIL_BACKEND = env.str("EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend")

# --- Pages ---
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
FORMAT_MODULE_PATH = "academy.formats"
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "academy.static.PackageFinder",
]
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(LOCAL_DIR / "staticfiles")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "academy.static.StaticStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- Safety ---
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
    "EXCLUDE_URL_PREFIXES": ["/admin/"],  # the admin skin (alpine.js) needs eval; only staff can open it
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"] if not HTTPS else []

UNFOLD = {
    "SITE_TITLE": "Academy",
    "SITE_HEADER": "Academy",
    "SITE_SUBHEADER": "Instructor pages",
    "SITE_SYMBOL": "hub",
    "SITE_URL": "/",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icon.svg")}],
    "BORDER_RADIUS": "6px",
    "STYLES": [lambda request: static("css/tokens.css"), lambda request: static("css/admin.css")],
    "SCRIPTS": [lambda request: static("js/admin-theme.js")],
    "DASHBOARD_CALLBACK": "academy.site.desk.desk",
    "COLORS": {  # those of tokens.css
        "base": {
            "50": "#fbfaf6", "100": "#f3f1ea", "200": "#e4e0d5", "300": "#cfcabc", "400": "#949a9f", "500": "#666c73",
            "600": "#4c535b", "700": "#30363c", "800": "#24282c", "900": "#14171a", "950": "#101315",
        },
        "primary": {
            "50": "#f0f6fb", "100": "#e4eef7", "200": "#c3dbee", "300": "#9cc8ec", "400": "#7ab8ec", "500": "#2f80c2",
            "600": "#0a5a9c", "700": "#084a81", "800": "#073c69", "900": "#062f52", "950": "#041e36",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {"title": "Course", "items": [
                {"title": "Lessons", "icon": "menu_book", "link": reverse_lazy("admin:lessons_lesson_changelist")},
                {"title": "Revisions", "icon": "history", "link": reverse_lazy("admin:lessons_lessonrevision_changelist")},
            ]},
            {"title": "Labs", "items": [{"title": "Runs", "icon": "play_circle", "link": reverse_lazy("admin:labs_run_changelist"),
                                         "permission": lambda request: request.user.has_perm("labs.view_run")}]},
            {"title": "People", "items": [
                {"title": "Classes", "icon": "school", "link": reverse_lazy("admin:classes_schoolclass_changelist"),
                 "permission": lambda request: request.user.has_perm("classes.view_schoolclass")},
                {"title": "Users", "icon": "person", "link": reverse_lazy("admin:accounts_user_changelist"),
                 "permission": lambda request: request.user.has_perm("accounts.view_user")},
                {"title": "Groups", "icon": "group", "link": reverse_lazy("admin:auth_group_changelist"),
                 "permission": lambda request: request.user.has_perm("auth.view_group")},
                {"title": "Audit trail", "icon": "fact_check", "link": reverse_lazy("admin:audit_entry_changelist"),
                 "permission": lambda request: request.user.has_perm("audit.view_entry")},
            ]},
        ],
    },
}  # fmt: skip

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "plain"}},
    "filters": {"quiet": {"()": "academy.site.quiet.Quiet"}},
    "loggers": {"django.request": {"filters": ["quiet"]}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "INFO")},
}
