"""The small host: a back office of its own around the loyalty pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, session
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import loyalty_web.erp.pages
from loyalty_core.errors import LoyaltyError
from loyalty_core.messages import gettext as _
from loyalty_web import requests
from loyalty_web.actor import Actor
from loyalty_web.api.mounting import bring_api
from loyalty_web.erp import health, logs, tokens
from loyalty_web.erp.accounts import SignedIn, load_user
from loyalty_web.erp.database import ENGINE, db
from loyalty_web.erp.deployment import PUBLIC_URL, Deployment
from loyalty_web.erp.drafts import names_of
from loyalty_web.erp.items import HostCatalogue
from loyalty_web.erp.people import HostPeople
from loyalty_web.erp.secret import secret_key
from loyalty_web.erp.signing_in import address_of_sign_in, limiter, to_sign_in
from loyalty_web.erp.signing_in import pages as signing_in
from loyalty_web.extension import LoyaltyExtension, Ports
from loyalty_web.places import Place
from loyalty_web.problems import register_problem_pages
from loyalty_web.security import harden

LARGEST_BODY = 1 << 20
SESSION_DAYS = 14
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def create_app(deployment: Deployment) -> Flask:
    """Make the application of one installation. Raises `LoyaltyError` for unsafe settings."""
    loyalty = deployment.open()
    app = Flask("loyalty_web", static_folder=None, instance_path=str(deployment.folder))
    app.config.update(_settings(deployment))
    if public := deployment.environment.get(PUBLIC_URL):
        _stand_behind_proxy(app, public)
    db.init_app(app)
    CSRFProtect(app)
    limiter.init_app(app)
    logins = LoginManager(app)
    logins.session_protection = None  # of no use, as addresses of tills change; the cookie is signed and http-only
    logins.user_loader(load_user)
    logs.set_up(app, loyalty.clock)
    extension = LoyaltyExtension()
    extension.init_app(
        app,
        loyalty,
        who,
        Ports(HostPeople(), HostCatalogue(), names_of),
        layout="erp/layout.html",
        sign_in=to_sign_in,
        sign_in_url=address_of_sign_in,
    )
    bring_api(app, lambda token: tokens.actor_of(loyalty, token))
    extension.add_pages(app, "erp", loyalty_web.erp.pages, "", lambda: None)
    app.register_blueprint(signing_in)
    app.register_blueprint(health.pages)
    app.extensions["deployment"] = deployment
    loyalty.secret = str(app.secret_key).encode()  # so that any process, or the next one, issues what was quoted here
    app.jinja_env.globals.update(my_places=my_places, languages=extension.texts.locales)
    app.after_request(harden)
    register_problem_pages(app)
    return app


def who() -> Actor | None:
    """Return who is signed in, with the working branch of this session."""
    if not isinstance(current_user._get_current_object(), SignedIn):
        return None
    signed_in: SignedIn = current_user._get_current_object()
    return signed_in.actor(session.get("branch"))


def my_places() -> list[Place]:
    """Return the branches somebody may choose to work in."""
    own = {grant.branch_id for grant in requests.the_actor().grants}
    return [place for place in requests.around().places if None in own or place.id in own]


def _settings(deployment: Deployment) -> dict[str, object]:
    return {
        ENGINE: deployment.engine,
        "SQLALCHEMY_DATABASE_URI": deployment.engine.url,
        "SECRET_KEY": secret_key(deployment.environment, deployment.folder),
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "SESSION_COOKIE_NAME": "loyalty",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": False,
        "PERMANENT_SESSION_LIFETIME": SESSION_DAYS * 24 * 3600,
        "TRUSTED_HOSTS": list(LOOPBACK),
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_HEADERS": ["X-CSRFToken"],
        "RATELIMIT_STORAGE_URI": "memory://",
        "RATELIMIT_HEADERS_ENABLED": False,
    }


def _stand_behind_proxy(app: Flask, public: str) -> None:
    """Believe one proxy in front, and let cookies go over https only."""
    parts = urlsplit(public)
    if parts.scheme != "https" or not parts.hostname:
        text = _("%(setting)s is the https address people open, such as https://loyalty.example", setting=PUBLIC_URL)
        raise LoyaltyError(text)
    app.config.update(
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_NAME="__Host-loyalty",
        TRUSTED_HOSTS=[parts.hostname, *LOOPBACK],
        PREFERRED_URL_SCHEME="https",
    )
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
