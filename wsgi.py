"""The web process: `gunicorn wsgi:app`, and the home of `flask --app wsgi`."""

import sys

from surveyapp import create_app, logs
from surveyapp.config import Settings, SettingsError

#: With this code gunicorn stops for good; with another it would start workers over and over.
_CANNOT_START = 3

try:
    settings = Settings.from_environment()
    logs.set_up(settings)
    app = create_app(settings)
except SettingsError as error:
    sys.stderr.write(f"Learning Pulse cannot start. {error}\n")
    sys.exit(_CANNOT_START)
