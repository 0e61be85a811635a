"""Checks the manifests that the chart renders: against the schemas of Kubernetes, and their settings against those kept.

In: the folder of the kept settings, --write where they are to be written anew, and rendered files NAME-VERSION.yaml. Out: a line
for each, or what is wrong and exit status 1.
"""

import sys
from pathlib import Path

import kubernetes_validate
import yaml

# Definitions of their own, which come with KEDA and the Prometheus operator: there are no schemas of them among Kubernetes' own.
SKIPPED = {"ScaledObject", "ServiceMonitor", "PrometheusRule"}


def main() -> int:
    arguments = sys.argv[1:]
    write = "--write" in arguments
    kept, *files = (Path(argument) for argument in arguments if argument != "--write")
    faults = []
    rendered = {}
    for file in files:
        name, version = file.stem.rsplit("-", 1)
        documents = [document for document in yaml.safe_load_all(file.read_text()) if document]
        checked = [document for document in documents if document["kind"] not in SKIPPED]
        for document in checked:
            what = f"{name}: {document['kind']} {document['metadata']['name']}"
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                faults.append(f"{what}: {'.'.join(str(step) for step in error.path)}: {error.message}")
            settings = document.get("data", {}).get("gemwatch.toml")
            if settings:
                role = document["metadata"]["labels"]["app.kubernetes.io/component"]
                rendered[kept / f"{name}.{role}.toml"] = settings
        skipped = sorted({document["kind"] for document in documents} & SKIPPED)
        print(f"{'kubernetes-validate':<22} {name}, Kubernetes {version}: {len(checked)} manifests"
              + (f", without {', '.join(skipped)}" if skipped else ""))
    if write:
        for path in kept.glob("*.toml"):
            path.unlink()
        for path, text in rendered.items():
            path.write_text(text)
    there = {path: path.read_text() for path in kept.glob("*.toml")}
    if there != rendered:
        wrong = sorted(str(path) for path in there.keys() | rendered.keys() if there.get(path) != rendered.get(path))
        faults.append(f"not what the chart renders: {', '.join(wrong)}; .ci/deploy.sh --write writes them anew")
    for fault in faults:
        print(fault, file=sys.stderr)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
