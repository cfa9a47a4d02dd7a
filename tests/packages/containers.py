#!/usr/bin/env python3
"""docker/Dockerfile and docker/compose.yaml: rules that keep containers small, closed and startable.

    containers.py TICKGATE

Where `docker-compose` is installed it checks the file too; otherwise what it would reject is checked here in part.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

SOURCE = Path(__file__).resolve().parents[2]
DOCKER = SOURCE / "docker"
TICKGATE = sys.argv.pop(1) if len(sys.argv) > 1 else "tickgate"


def instructions():
    """(stage, instruction, rest) of each line of the Dockerfile, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (DOCKER / "Dockerfile").read_text(), flags=re.M)
    stage = ""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        word, _, rest = line.strip().partition(" ")
        if not word:
            continue
        if word == "FROM":
            stage = rest.split(" AS ")[1].strip()
        yield stage, word, rest.strip()


class Dockerfile(unittest.TestCase):
    def setUp(self):
        self.lines = list(instructions())
        self.stages = [stage for stage, word, _ in self.lines if word == "FROM"]

    def of(self, word, stage=None):
        return [rest for s, w, rest in self.lines if w == word and stage in (None, s)]

    def test_instructions_are_known_and_written_large(self):
        known = {"ARG", "FROM", "RUN", "WORKDIR", "COPY", "LABEL", "USER", "ENV", "VOLUME", "EXPOSE", "HEALTHCHECK",
                 "STOPSIGNAL", "ENTRYPOINT", "CMD"}
        self.assertLessEqual({word for _, word, _ in self.lines}, known)

    def test_every_base_has_a_tag(self):
        self.assertEqual(set(self.of("ARG", "")), {"BASE=debian:12-slim"})
        for rest in self.of("FROM"):
            self.assertRegex(rest, r"^\$\{BASE\} AS [a-z]+$")

    def test_package_lists_are_fetched_and_dropped_in_one_step_without_recommends(self):
        for rest in self.of("RUN"):
            if "apt-get install" in rest:
                self.assertIn("apt-get update && apt-get install -y --no-install-recommends", rest)
                self.assertIn("rm -rf /var/lib/apt/lists/*", rest)
            self.assertNotIn("sudo", rest)
            self.assertNotRegex(rest, r"curl|wget|pip install|apt-get (dist-)?upgrade")

    def test_what_runs_is_not_root_and_has_numbers(self):
        for stage in ("tickgate", "strategy"):
            user = self.of("USER", stage)
            self.assertEqual(len(user), 1, stage)
            self.assertRegex(user[0], r"^[1-9]\d{3,}:[1-9]\d{3,}$")

    def test_commands_are_lists(self):
        for word in ("ENTRYPOINT", "CMD"):
            for rest in self.of(word):
                self.assertIsInstance(yaml.safe_load(rest), list)
        for rest in self.of("HEALTHCHECK"):
            self.assertIsInstance(yaml.safe_load(rest.split(" CMD ", 1)[1]), list)

    def test_health_is_asked_with_our_own_command(self):
        (check,) = self.of("HEALTHCHECK", "tickgate")
        command = yaml.safe_load(check.split(" CMD ", 1)[1])
        self.assertEqual(command[0], "tickgate")
        done = subprocess.run([TICKGATE, *command[1:], "--help"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(" ".join(command), done.stdout, "the help of another command")

    def test_copied_files_are_part_of_the_context(self):
        ignored = (SOURCE / ".dockerignore").read_text().split()
        allowed = [line[1:] for line in ignored if line.startswith("!")]
        self.assertIn("*", ignored, "what is not named stays out")
        for stage, word, rest in self.lines:
            if word != "COPY" or "--from" in rest:
                continue
            for path in shlex.split(rest)[:-1]:
                self.assertTrue((SOURCE / path).exists(), path)
                self.assertTrue(path == "." or any(path.split("/")[0] == a for a in allowed), path)
        for name in allowed:
            self.assertTrue((SOURCE / name).exists(), name)
        for secret in (".git", "docker", "build"):
            self.assertNotIn(secret, allowed)

    def test_the_image_has_the_libraries_of_the_program(self):
        if not shutil.which("dpkg-query") or not Path("/etc/debian_version").read_text().startswith("12"):
            self.skipTest("needs Debian 12")
        listed = subprocess.run(["ldd", TICKGATE], capture_output=True, text=True, check=True).stdout
        installed = " ".join(self.of("RUN", "tickgate"))
        basic = {"libc6", "libstdc++6", "libgcc-s1"}
        for path in re.findall(r"=> (/\S+)", listed):
            owner = subprocess.run(["dpkg-query", "-S", os.path.realpath(path)], capture_output=True, text=True, check=False)
            package = owner.stdout.split(":")[0]
            # What others bring along is not listed; what the program itself names is.
            needed = subprocess.run(["objdump", "-p", TICKGATE], capture_output=True, text=True, check=True).stdout
            if package and package not in basic and f"NEEDED               {Path(path).name}" in needed:
                self.assertIn(f" {package} ", installed + " ", path)


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.file = yaml.safe_load((DOCKER / "compose.yaml").read_text())
        cls.services = cls.file["services"]

    def test_every_service_is_closed(self):
        for name, service in self.services.items():
            with self.subTest(name):
                self.assertTrue(service["read_only"])
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertIn("no-new-privileges:true", service["security_opt"])
                self.assertNotIn("privileged", service)
                self.assertNotIn("cap_add", service)
                self.assertIn("restart", service)
                self.assertIn("max-size", service["logging"]["options"])
                for mount in service.get("volumes", []):
                    self.assertNotIn("docker.sock", mount)

    def test_ports_are_published_to_this_machine_alone(self):
        for name, service in self.services.items():
            for port in service.get("ports", []):
                self.assertRegex(port, r"^127\.0\.0\.1:\d+:\d+$", name)
                self.assertIn("front", service["networks"], name)

    def test_images_have_versions_and_users(self):
        for name, service in self.services.items():
            image = service["image"]
            self.assertRegex(image, r":[\w.-]+$", name)
            self.assertFalse(image.endswith(":latest"), name)
            self.assertTrue("build" in service or service.get("user", "root") not in ("root", "0"), name)

    def test_what_is_mounted_exists(self):
        named = set(self.file["volumes"])
        for name, service in self.services.items():
            for mount in service.get("volumes", []):
                origin, _, rest = mount.partition(":")
                if origin.startswith("."):
                    self.assertTrue((DOCKER / origin).exists(), f"{name}: {origin}")
                    self.assertTrue(rest.endswith(":ro"), mount)
                else:
                    self.assertIn(origin, named)

    def test_secrets_are_files_outside_of_image_and_repository(self):
        for secret in self.file["secrets"].values():
            self.assertTrue(secret["file"].startswith("./secrets/"))
        self.assertIn("/docker/secrets/", (SOURCE / ".gitignore").read_text().split())
        for name, service in self.services.items():
            for secret in service.get("secrets", []):
                self.assertIn(secret, self.file["secrets"], name)
            for key in service.get("environment", {}):
                self.assertNotRegex(key, r"(?i)(password|token|key)$", name)

    def test_without_a_profile_there_is_one_gateway_and_demo_needs_no_key(self):
        defaults = dict(line.split("=", 1) for line in (DOCKER / ".env").read_text().splitlines() if "=" in line and line[0] != "#")
        self.assertEqual(defaults["COMPOSE_PROFILES"], "live")
        aliases = [s for s in self.services.values() if "gateway" in ((s.get("networks") or {}) if isinstance(s.get("networks"), dict) else {}).get("default", {}).get("aliases", [])]
        self.assertEqual(sorted(p for s in aliases for p in s["profiles"]), ["demo", "live"])
        for name in ("binance", "oanda", "massive", "tradier"):
            self.assertEqual(self.services[name]["profiles"], ["demo"])
            self.assertEqual(self.services[name]["command"][:2], ["venue", name])

    def test_configurations_are_valid(self):
        with tempfile.TemporaryDirectory() as folder:
            token = Path(folder, "token")
            token.write_text("0123456789abcdef0123456789abcdef\n")
            for profile in ("live", "demo"):
                text = (DOCKER / profile / "tickgate.yaml").read_text()
                self.assertIn("/run/secrets/token", text)
                file = Path(folder, profile + ".yaml")
                file.write_text(text.replace("/run/secrets/token", str(token)))
                done = subprocess.run([TICKGATE, "check-config", "--config", str(file)], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_dashboard_finds_its_data(self):
        source = yaml.safe_load((DOCKER / "grafana/datasources.yaml").read_text())["datasources"][0]
        self.assertEqual(source["url"], "http://prometheus:9090")
        mounts = " ".join(self.services["grafana"]["volumes"])
        provider = yaml.safe_load((DOCKER / "grafana/dashboards.yaml").read_text())["providers"][0]
        self.assertIn(f":{provider['options']['path']}/", mounts)
        scrape = yaml.safe_load((DOCKER / "prometheus.yml").read_text())["scrape_configs"][0]
        self.assertEqual(scrape["static_configs"][0]["targets"], ["gateway:8787"])
        self.assertEqual(scrape["authorization"]["credentials_file"], "/run/secrets/token")

    def test_docker_compose_accepts_it(self):
        if not shutil.which("docker-compose"):
            self.skipTest("docker-compose is not installed")
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, "docker")
            shutil.copytree(DOCKER, copy)
            (copy / "secrets").mkdir(exist_ok=True)
            (copy / "secrets/token").write_text("x\n")
            for profiles in ([], ["--profile", "demo"]):
                done = subprocess.run(["docker-compose", "-f", str(copy / "compose.yaml"), *profiles, "config", "-q"],
                                      cwd=copy, capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertEqual(done.stderr.strip(), "")


if __name__ == "__main__":
    unittest.main(verbosity=1)
