#!/usr/bin/env bash
# dist.sh VERSION BINARY: what a release consists of, in dist/ (or $DIST). The same sources and binary give the same bytes.
#   pulumi-resource-vmmigrate-vX.Y.Z-linux-amd64.tar.gz   for `pulumi plugin install resource vmmigrate X.Y.Z --file ...`
#   terraform-provider-vmmigrate_X.Y.Z_linux_amd64.zip    for a filesystem mirror, with terraform-provider-vmmigrate_X.Y.Z_SHA256SUMS
#   vmmigrate-sdk-dotnet-X.Y.Z.tar.gz                     the C# SDK's source
#   SHA256SUMS                                            of all of these
set -euo pipefail
[ $# = 2 ] || { echo "usage: dist.sh VERSION BINARY" >&2; exit 2; }
version=${1#v}
binary=$(realpath "$2")
cd "$(dirname "$0")/.."
mkdir -p "${DIST:=dist}"
dist=$(realpath "$DIST")

[ -x "$binary" ] || { echo "dist: $binary is no executable file" >&2; exit 1; }
command -v zip >/dev/null || { echo "dist: zip is missing (Debian: apt-get install zip)" >&2; exit 1; }
source_version=$(cat sdk/dotnet/version.txt)
[ "$version" = "$source_version" ] || { echo "dist: version $version was asked for, but the sources say $source_version" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# File times come from the commit, so that a release can be made again from it.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
umask 022

pack() { # archive folder entries...: a gzipped tar that depends on nothing but names and contents
  local archive=$1 folder=$2
  shift 2
  tar -C "$folder" --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
    --exclude=./bin --exclude=./obj --format=ustar -cf - "$@" | gzip -9n >"$archive"
}

mkdir "$work/pulumi"
install -m 755 "$binary" "$work/pulumi/pulumi-resource-vmmigrate"
install -m 644 LICENSE "$work/pulumi/LICENSE"
pack "$dist/pulumi-resource-vmmigrate-v$version-linux-amd64.tar.gz" "$work/pulumi" LICENSE pulumi-resource-vmmigrate

mkdir "$work/terraform"
install -m 755 "$binary" "$work/terraform/terraform-provider-vmmigrate_v$version"
install -m 644 LICENSE "$work/terraform/LICENSE"
zip="terraform-provider-vmmigrate_${version}_linux_amd64.zip"
rm -f "$dist/$zip"
find "$work/terraform" -exec touch -d "@$epoch" {} +
(cd "$work/terraform" && TZ=UTC zip -9 -X -D -q "$dist/$zip" LICENSE "terraform-provider-vmmigrate_v$version")

name="vmmigrate-sdk-dotnet-$version"
mkdir "$work/$name"
tar -C sdk/dotnet --exclude=./bin --exclude=./obj -cf - . | tar -C "$work/$name" -xf -
install -m 644 LICENSE "$work/$name/LICENSE"
pack "$dist/$name.tar.gz" "$work" "$name"

cd "$dist"
sha256sum "$zip" >"terraform-provider-vmmigrate_${version}_SHA256SUMS"
sha256sum "pulumi-resource-vmmigrate-v$version-linux-amd64.tar.gz" "$zip" "$name.tar.gz" >SHA256SUMS
cat SHA256SUMS
