#!/usr/bin/env python3
"""Takes the blocks of docs/adding-a-policy.md out of the page: extract.py PAGE REGISTRY SCHEMA_FILES FOLDER.

Writes the files the page names below FOLDER, the registry with the page's line in it, and the list of schemas with the
page's schema in it. Fails when the page touches anything else than one schema, one folder and one line.
"""
import os
import re
import sys


def write(folder, path, text):
    target = os.path.join(folder, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.exists(target):
        with open(target, encoding="utf-8") as f:
            if f.read() == text:
                return  # what did not change is not built again
    with open(target, "w", encoding="utf-8") as f:
        f.write(text)


def main():
    page_path, registry_path, schemas_path, folder = sys.argv[1:]
    page = open(page_path, encoding="utf-8").read()
    files = re.findall(r"^File `([^`]+)`:\n\n```\w+\n(.*?)^```$", page, re.S | re.M)
    lines = re.findall(r"^Line in `policies/registry.cc`:\n\n```cpp\n(.*?)^```$", page, re.S | re.M)
    include = re.findall(r"^with `(#include \"[^`]+\")` above\.$", page, re.M)
    example = re.findall(r"^```yaml\n(.*?)^```$", page, re.S | re.M)
    protos = [path for path, _ in files if path.startswith("api/proto/weft/v1/")]
    folders = {os.path.dirname(path) for path, _ in files if path not in protos}
    if len(protos) != 1 or len(folders) != 1 or not next(iter(folders)).startswith("policies/"):
        sys.exit(f"{page_path}: a kind is one schema and one folder below policies/, not {sorted(path for path, _ in files)}")
    if len(lines) != 1 or lines[0].count("\n") != 1 or len(include) != 1 or len(example) != 1:
        sys.exit(f"{page_path}: a kind is one line in the registry, and there is one example")
    for path, text in files:
        write(folder, path, text)
    write(folder, "example.yaml", example[0])

    registry = open(registry_path, encoding="utf-8").read()
    registry, found = re.subn(r"^(  static const std::array kKinds = \{\n)", lambda m: m[1] + lines[0], registry, flags=re.M)
    if found != 1:
        sys.exit(f"{registry_path}: the list of kinds was not found")
    write(folder, "policies/registry.cc", include[0] + "\n" + registry)

    stem = os.path.basename(protos[0])[: -len(".proto")]
    table = f"descriptor_table_weft_2fv1_2f{stem.replace('_', '_5f')}_2eproto"
    schemas = open(schemas_path, encoding="utf-8").read()
    schemas = schemas.replace("namespace weft::v1 {", f"extern const google::protobuf::internal::DescriptorTable {table};\n\nnamespace weft::v1 {{", 1)
    schemas = schemas.replace("files[] = {\n", f"files[] = {{\n      {{\"weft/v1/{stem}.proto\", &{table}}},\n", 1)
    write(folder, "schema_files.cc", schemas)


main()
