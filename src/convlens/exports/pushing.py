"""`convlens.push_to_hub`: upload a model, or an exported folder, to the Hugging Face Hub.

Nothing is uploaded before its proof has passed. The upload is one commit, so nobody ever sees half of a model.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from convlens.checking import as_flag, as_instance, as_path
from convlens.errors import ConvlensError, HubError, ProofFailed, UsageError
from convlens.evaluation.images import OnProgress
from convlens.exports.exporting import PROVE, export
from convlens.exports.hugging_face import HuggingFaceFolder
from convlens.exports.hugging_face.card import CARD_NAME, PLACEHOLDER
from convlens.exports.hugging_face.format import CONFIG_NAME, listed_files, prove_again
from convlens.trained_model import TrainedModel
from convlens.trained_model.hub import (
    check_repository,
    check_token,
    endpoint,
    explaining_hub_errors,
    program,
    require_hub,
    without_secrets,
)
from convlens.trained_model.location import MODEL_FILE_NAME
from convlens.words import shorten

_FORMAT = HuggingFaceFolder()


@dataclass(frozen=True)
class Pushed:
    """A model that was uploaded: the address of its page, the commit, and what else is to be said, in words."""

    url: str
    commit: str
    notes: tuple[str, ...] = ()


def push_to_hub(
    model: TrainedModel | Path | str,
    repo_id: str,
    *,
    private: bool | None = None,
    token: str | None = None,
    revision: str | None = None,
    commit_message: str | None = None,
    create_pr: bool = False,
    data: Any = None,
    prove: int = PROVE,
    license: str | None = None,
    samples: int | None = None,
    prepare: bool = False,
    data_dir: Path | str | None = None,
    on_progress: OnProgress | None = None,
) -> Pushed:
    """Upload a model to the Hugging Face Hub, with a model card and its proof. See `docs/export.md`.

    Then `convlens.load_model("hf://user/name")` loads it, on every machine. The repository is made if there is none.
    README.md and config.json there are replaced. Files that the config.json there names, and this upload does not have,
    are removed; other files are kept.

    Args:
        model: a model; or the path of a folder that `convlens.export(model, path, "huggingface")` wrote, in which you
            may have changed the card.
        repo_id: the repository, `user/name` or `organisation/name`.
        private: whether a new repository is private; by default as the account or the organisation has it. With True,
            nothing is uploaded to a repository that exists already and is public.
        token: a token with the right to write; by default that of `hf auth login`, or HF_TOKEN.
        revision: the branch to commit to; by default the main one.
        commit_message: by default "Upload a model with Convlens".
        create_pr: whether to open a pull request instead of committing.
        data, prove, license, samples, prepare, data_dir, on_progress: for a model: see `convlens.export`.

    Raises:
        UsageError: an argument is not allowed.
        DataError: there are no images for the proof.
        ProofFailed: the files do not answer like the model; nothing is uploaded.
        HubError: there is no token, or the Hub cannot be reached, or refuses.
        MissingDependency: huggingface_hub is not installed.
    """
    check_push(repo_id, token)
    if private is not None:
        as_flag("private", private)
    as_flag("create_pr", create_pr)
    message = "Upload a model with Convlens" if commit_message is None else commit_message
    as_instance("commit_message", message, str, "a text, or None")
    made = {"data": data, "prove": prove, "license": license, "samples": samples}
    made |= {"prepare": prepare, "data_dir": data_dir}
    with _folder_of(model, repo_id.split("/")[1], made, on_progress) as (folder, notes):
        pushed = _upload(folder, repo_id, token, private, {
            "commit_message": message, "revision": revision, "create_pr": create_pr or None,
        })  # fmt: skip
        return replace(pushed, notes=notes + pushed.notes)


def check_push(repo_id: str, token: str | None = None) -> None:
    """Check what can be checked before a long export: the repository's name, the package, and that there is a token.

    Raises:
        UsageError, MissingDependency, HubError: one of them is wrong or missing.
    """
    check_repository(repo_id, "repo_id")
    require_hub("push_to_hub")
    from huggingface_hub import get_token

    if token is not None:
        check_token(token, "token", "token")
        return
    known = get_token()
    if known is None:
        raise HubError(
            f"there is no token to upload {repo_id} with. Make one with the right to write, in your settings on "
            "huggingface.co, and log in with `hf auth login`, or set HF_TOKEN."
        )
    check_token(known, "the token in HF_TOKEN, or of `hf auth login`,")


@contextmanager
def _folder_of(
    model: Any, name: str, made: dict[str, Any], on_progress: OnProgress | None
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield an exported folder that was proved: the given one, or a temporary one of the model; and its notes."""
    if isinstance(model, TrainedModel):
        with tempfile.TemporaryDirectory() as place:
            written = export(model, Path(place, name), "huggingface", name=name, on_progress=on_progress, **made)
            yield written.path, written.notes
        return
    folder = as_path("model", model)
    if not (folder / CONFIG_NAME).is_file() or not (folder / MODEL_FILE_NAME).is_file():
        raise UsageError(
            f"{folder} is not a folder that convlens.export(model, path, 'huggingface') wrote. Give one, or a model: "
            "push_to_hub(convlens.load_model(...), repo_id)."
        )
    other = [name for name, default in _DEFAULTS.items() if made[name] is not default]
    if other:
        raise UsageError(
            f"{other[0]} was given with a folder, which is uploaded as it is. Give it to convlens.export.",
            argument=other[0],
        )
    _check_folder(folder)
    yield folder, ()


_DEFAULTS = {"prove": PROVE, "license": None, "samples": None, "prepare": False, "data": None, "data_dir": None}


def _check_folder(folder: Path) -> None:
    """Run the files of a folder again, on the images in it.

    Raises:
        ProofFailed: they were changed since they were proved.
    """
    try:
        prove_again(folder, _FORMAT)
    except (ConvlensError, OSError, MemoryError) as error:
        reason = str(error).removesuffix(".")
        raise ProofFailed(f"{folder} was not uploaded: {reason}. Export the model again.") from error
    except Exception as error:  # what other people's content does to a parser or a runtime is not known here
        reason = shorten(f"{type(error).__name__}: {error}", 200)
        raise ProofFailed(f"{folder} was not uploaded: it cannot be run ({reason}). Export the model again.") from error


def _upload(folder: Path, repo_id: str, token: str | None, private: bool | None, commit: dict[str, Any]) -> Pushed:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    files = sorted(path for path in folder.rglob("*") if path.is_file() and _is_visible(path.relative_to(folder)))
    names = [path.relative_to(folder).as_posix() for path in files]
    with explaining_hub_errors(f"{repo_id} was not uploaded", ["repo_id", "revision", "license"], missing=HubError):
        hub = HfApi(endpoint=endpoint(), token=token, **program())
        hub.create_repo(repo_id, private=private, exist_ok=True)
        if private and not hub.model_info(repo_id).private:
            raise UsageError(
                f"private is True, but {repo_id} exists already and is public. Nothing was uploaded. Make it private "
                "in its settings on the Hub, or give another name.",
                argument="private",
            )
        there = hub.list_repo_files(repo_id, revision=commit["revision"])
        earlier = _read_config(hub, repo_id, commit["revision"]) if CONFIG_NAME in there else {}
        old = sorted({*listed_files(earlier)} & {*there} - {*names})
        operations = [
            *(CommitOperationDelete(name) for name in old),
            *(CommitOperationAdd(name, _content(path, repo_id)) for name, path in zip(names, files, strict=True)),
        ]
        done = hub.create_commit(repo_id, operations, **commit)
    replaced = [name for name in (CARD_NAME, CONFIG_NAME) if name in there]
    told = f"This upload replaces {' and '.join(replaced)} of {repo_id}. Its history keeps what was there."
    return Pushed(without_secrets(done.pr_url or f"{hub.endpoint}/{repo_id}"), done.oid, (told,) if replaced else ())


def _read_config(hub: Any, repo_id: str, revision: str | None) -> object:
    """Return the config.json of a repository; an empty one if it is not JSON, so not Convlens's."""
    path = Path(hub.hf_hub_download(repo_id, CONFIG_NAME, revision=revision))
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return {}


def _is_visible(path: Path) -> bool:
    return not any(part.startswith(".") for part in path.parts)


def _content(path: Path, repo_id: str) -> bytes:
    """Return the content of a file; in the card, the repository's name instead of the placeholder."""
    content = path.read_bytes()
    return content.replace(PLACEHOLDER.encode(), repo_id.encode()) if path.name == CARD_NAME else content
