"""What can go wrong between this machine and the Hugging Face hub, said to the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stylecli.errors import StylecliError, UsageError


@contextmanager
def told(
    what: str, repository: str, revision: str | None, failure: str, hint: str
) -> Iterator[None]:
    """Turn whatever the hub's client raises inside into an error for the user.

    Args:
        what: What is asked for: "base" or "style".
        repository: Where, ``org/name``.
        revision: Branch, tag or commit, or None.
        failure: What it means if nothing better is known: "the hub cannot be reached".
        hint: What to do then.

    Raises:
        UsageError: No such repository or revision, or no access to it.
        StylecliError: The hub cannot be reached, or the download was cut off.
    """
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        yield
    except GatedRepoError as problem:
        raise UsageError(
            f"{repository}: this {what} needs you to accept its licence on the hub.",
            "Accept it there, then log in with: hf auth login",
        ) from problem
    except RepositoryNotFoundError as problem:
        raise UsageError(
            f"{repository}: no such {what} on the hub, and no such folder here."
        ) from problem
    except RevisionNotFoundError as problem:
        raise UsageError(f"{repository}: has no revision {revision!r}.") from problem
    except EntryNotFoundError as problem:
        raise UsageError(f"{repository}: a file that was asked for is not there.") from problem
    except HFValidationError as problem:
        raise UsageError(
            f"{repository!r} is neither a {what}, nor a folder, nor a hub id."
        ) from problem
    except StylecliError:
        raise
    # Which HTTP library the hub's client uses, and so what it raises, differs between its versions.
    except Exception as problem:
        raise StylecliError(f"{repository}: {failure} ({_short(problem)}).", hint) from problem


def _short(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0][:160]
