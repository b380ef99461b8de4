#!/usr/bin/env bash
# Creates the role `app` on the cluster of the profile `tablets`: it may create tables, which are its own, and has exactly
# the grants that the documentation of token awareness names. Prints its secret key, the salted hash of its password.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

cql() {
    docker compose --profile tablets exec --no-TTY tablets-1 \
        cqlsh --username alternator --password alternator 172.28.44.31 --execute "$1"
}

cql "CREATE ROLE IF NOT EXISTS app WITH PASSWORD = 'app' AND LOGIN = true" >&2
cql "GRANT CREATE ON ALL KEYSPACES TO app" >&2
grants=$(sed -n 's|^//! \(GRANT SELECT ON .* TO app;\)$|\1|p' ../../alternator-lb-sdk/src/docs/routing.rs)
[ -n "$grants" ] || { echo "no grants in the documentation" >&2; exit 1; }
cql "$grants" >&2
cql "SELECT salted_hash FROM system.roles WHERE role = 'app'" | grep --only-matching '\$6\$[^ ]*'
