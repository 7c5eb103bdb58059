"""The web process: `gunicorn wsgi:app`, and the home of `flask --app wsgi`."""

from surveyapp import create_app

app = create_app()
