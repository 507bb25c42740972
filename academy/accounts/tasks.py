"""What is done for accounts from time to time."""

from celery import shared_task

from academy.accounts import guests


@shared_task
def expire_guests() -> None:
    guests.expire_guests()
