"""The pipelines of the examples: what their files tell a runner to do, done here.

Each command runs in a shell, in the folder of a release as its image has it, with the
variables that the file declares and no others of ours.  A pipeline ends with its first
command that fails, as its runner ends it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path

import httpx
import yaml
from sqlalchemy import make_url

from tests.support.ports import free_port
from tests.support.waiting import wait_until

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NOT_FOUND = 404
COMPOSE = re.compile(
    r"^VERSION=2.0 docker compose (\w+) --[a-z]+ ?(\w*)$", re.MULTILINE
)
DEPLOY = "#!/bin/sh\necho $1 > ../deployed\n"


@dataclass
class Machine:
    """Where the commands of a pipeline run.

    Attributes:
        root: the folder with a folder for each release.
        programs: the folder of our programs.
        url: of the database.
    """

    root: Path
    programs: Path
    url: str

    @property
    def deployed(self):
        """The release whose code was started last."""
        file = self.root / "deployed"
        return file.read_text().strip() if file.exists() else ""

    def start(self, version):
        """Start the code of a release."""
        (self.root / "deployed").write_text(version)

    def run(self, version, command, variables):
        """Run a line of a shell, or the words of a container's command."""
        line = command if isinstance(command, str) else shlex.join(command)
        return subprocess.run(
            ["bash", "-e", "-c", line],
            cwd=self.root / version,
            env=self._environment(variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def begin(self, version, line, variables):
        """Start a program that serves; whoever starts it ends it."""
        return subprocess.Popen(
            ["bash", "-e", "-c", f"exec {line}"],
            cwd=self.root / version,
            env=self._environment(variables),
        )

    def _environment(self, variables):
        folders = [self.programs, Path(sys.executable).parent, os.environ["PATH"]]
        path = os.pathsep.join(map(str, folders))
        return {"PATH": path, "HOME": str(self.root)} | variables


def until_one_fails(results):
    """Run one after the other; return the last one that ran."""
    for result in results:
        if result.returncode:
            break
    return result


class Pipeline:
    """A release and its end, as a file of the examples has them."""

    file: str
    process = None
    """Starts a process of a version, where the file says how."""

    def __init__(self, machine):
        self.machine = machine
        self.text = (EXAMPLES / self.file).read_text()

    def release(self, version):
        """Migrate, and start the code of this release if that went well."""
        return until_one_fails(self._steps(version))

    def finish(self, version):
        """Run what is left for when no old process is there."""
        raise NotImplementedError


class Kubernetes(Pipeline):
    """A hook of Helm, pods that wait, and a job."""

    file = "kubernetes/migrate.yaml"

    def _steps(self, version):
        yield self._job("migrate.yaml", version)
        wait = self._job("deployment.yaml", version, timeout="0s")
        if wait.returncode == 0:
            self.machine.start(version)
        yield wait

    def finish(self, version):
        return self._job("finish.yaml", version)

    def _job(self, file, version, timeout=None):
        text = (EXAMPLES / "kubernetes" / file).read_text()
        pod = yaml.safe_load(text)["spec"]["template"]["spec"]
        (container,) = pod.get("initContainers", pod["containers"])
        command = [timeout if word == "5m" else word for word in container["command"]]
        return self.machine.run(version, command, self._variables(container))

    def _variables(self, container):
        secrets = {("database", "url"): self.machine.url}
        keys = {
            each["name"]: each["valueFrom"]["secretKeyRef"] for each in container["env"]
        }
        return {name: secrets[key["name"], key["key"]] for name, key in keys.items()}


class GitHub(Pipeline):
    """Jobs that need each other."""

    file = "github_actions/deploy.yaml"

    def _steps(self, version):
        jobs = self._jobs()
        assert jobs["deploy"]["needs"] == "migrate"
        assert jobs["finish"]["needs"] == "deploy"
        assert jobs["finish"]["environment"]
        for name in ("migrate", "deploy"):
            yield from self._job(name, version)

    def finish(self, version):
        return until_one_fails(self._job("finish", version))

    def _jobs(self):
        return yaml.safe_load(self.text)["jobs"]

    def _job(self, name, version):
        known = {"secrets.DATABASE_URL": self.machine.url, "github.sha": version}
        file = yaml.safe_load(filled(self.text, r"\$\{\{ (\S+) \}\}", known))
        job = file["jobs"][name]
        assert job.get("container", version).endswith(version)
        variables = file["env"] | job.get("env", {})
        for step in job["steps"]:
            if "run" in step:
                yield self.machine.run(
                    version, step["run"], variables | step.get("env", {})
                )


class GitLab(Pipeline):
    """Stages, of which the last one is started by hand."""

    file = "gitlab/deploy.gitlab-ci.yml"

    def _steps(self, version):
        file = yaml.safe_load(self.text)
        for stage in file["stages"]:
            for job in file.values():
                is_here = isinstance(job, dict) and job.get("stage") == stage
                if is_here and job.get("when") != "manual":
                    yield from self._job(job, file["variables"], version)

    def finish(self, version):
        file = yaml.safe_load(self.text)
        assert file["finish"]["when"] == "manual"
        assert file["stages"][-1] == file["finish"]["stage"]
        return until_one_fails(self._job(file["finish"], file["variables"], version))

    def _job(self, job, declared, version):
        known = {
            "CI_COMMIT_SHORT_SHA": version,
            "PRODUCTION_DATABASE_URL": self.machine.url,
        }
        variables = known | {
            name: filled(value, r"\$(\w+)", known) for name, value in declared.items()
        }
        for line in job["script"]:
            yield self.machine.run(version, line, variables)


class DockerCompose(Pipeline):
    """Services that start after others, by the commands of the page."""

    file = "docker_compose/compose.yaml"

    def _steps(self, version):
        services = self._services(version)
        *deploy, _ = self._commands()
        assert deploy[-1] == ("up", "app")
        for verb, name in deploy:
            if verb == "run":
                yield self._service(services, name, version)
            else:
                self.machine.start(services[name]["image"].rpartition(":")[2])

    def finish(self, version):
        *_, (verb, name) = self._commands()
        assert verb == "run"
        return self._service(self._services(version), name, version)

    def _commands(self):
        page = EXAMPLES.parent / "docs" / "howto" / "docker-compose.md"
        return COMPOSE.findall(page.read_text())

    def _services(self, version):
        known = {"POSTGRES_PASSWORD": "secret", "VERSION": version}
        text = filled(self.text, r"\$\{(\w+):\?\}", known)
        return yaml.safe_load(text)["services"]

    def _service(self, services, name, version):
        service, database = services[name], services["database"]["environment"]
        assert service["profiles"]  # or "up" would start it
        assert service["image"].endswith(f":{version}")
        assert service["depends_on"]["database"] == {"condition": "service_healthy"}
        variables = dict(service["environment"])
        url = make_url(variables["DATABASE_URL"])
        assert (url.host, url.username, url.password, url.database) == (
            "database",
            database["POSTGRES_USER"],
            database["POSTGRES_PASSWORD"],
            database["POSTGRES_DB"],
        )
        variables["DATABASE_URL"] = self.machine.url  # that service, here
        return self.machine.run(version, service["command"], variables)


class Procfile(Pipeline):
    """Processes of a Flask application, of which ``release`` runs first."""

    file = "flask_app/Procfile"

    def _steps(self, version):
        yield (released := self._process("release", version))
        if released.returncode == 0:
            self.machine.start(version)

    def finish(self, version):
        return self._process("finish", version)

    def _process(self, name, version):
        variables = {"DATABASE_URL": self.machine.url}
        return self.machine.run(version, self._line(name), variables)

    def _line(self, name):
        return dict(line.split(": ", 1) for line in self.text.splitlines())[name]

    def process(self, version):
        """Start ``web``, for this machine alone."""
        line, found = re.subn(r"0\.0\.0\.0:", "127.0.0.1:", self._line("web"))
        assert found
        port = free_port()
        variables = {"DATABASE_URL": self.machine.url, "PORT": str(port)}
        return Web(self.machine.begin(version, line, variables), port)


class Web:
    """The web process of a version, which keeps its session."""

    def __init__(self, process, port):
        self._process = process
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
        wait_until(self._answers, "it answers", timeout=30)

    def _answers(self):
        assert self._process.poll() is None, "it has ended"
        with contextlib.suppress(httpx.TransportError):
            return self._client.get("/users/0").status_code == NOT_FOUND
        return False

    def writes(self, address):
        self._client.post(f"/users/{address}").raise_for_status()

    def reads(self):
        found = (self._client.get(f"/users/{number}") for number in count(1))
        there = takewhile(lambda each: each.status_code != NOT_FOUND, found)
        return {each.raise_for_status().text for each in there}

    def ends(self):
        self._client.close()
        self._process.terminate()
        self._process.wait(30)


def filled(text, pattern, values):
    """Replace each variable of the runner; one that it does not know is an error."""
    return re.sub(pattern, lambda found: values[found[1]], text)


PIPELINES = (Kubernetes, GitHub, GitLab, DockerCompose, Procfile)
