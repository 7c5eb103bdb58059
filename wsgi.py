"""The web process: `gunicorn wsgi:app`, and the home of `flask --app wsgi`."""

from surveyapp import create_app
from surveyapp.config import SettingsError

try:
    app = create_app()
except SettingsError as error:
    raise SystemExit(f"Learning Pulse cannot start. {error}") from None
