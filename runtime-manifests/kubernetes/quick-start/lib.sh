# What both quick starts do once they have a cluster with the shim. They source this, set `context`, define
# `import_image`, and run in the project's root from then on. Every step can be repeated.
# shellcheck shell=bash
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../../.."

manifests=runtime-manifests/kubernetes
cert_manager=v1.20.0
operator=0.6.1
# shellcheck disable=SC2034 # for those who source this
shim=v0.24.0
first=path-records:0.1.0
second=path-records:0.1.0-second
port=${PORT:-8080}
url=http://127.0.0.1:$port
# Where there is one already, it is this one and no other that is changed.
context=

say() { printf '\n# %s\n' "$*"; }

fail() {
    printf 'Error: %s\n' "$*" >&2
    exit 1
}

need() {
    local program
    for program; do
        command -v "$program" >/dev/null || fail "$program is missing."
    done
}

run() {
    printf '+ %s\n' "$*"
    "$@"
}

kube() { run kubectl --context "$context" "$@"; }

# The operator's webhook answers some time after its pod is there.
with_patience() {
    local _
    for _ in {1..12}; do
        if "$@"; then return; fi
        sleep 5
    done
    fail "This goes on failing: $*"
}

ask() { run curl --fail --silent --show-error --retry 30 --retry-delay 1 --retry-all-errors "$@" && printf '\n'; }

install_spinkube() {
    say "SpinKube: cert-manager, the operator's resources, the operator"
    kube apply -f "https://github.com/cert-manager/cert-manager/releases/download/$cert_manager/cert-manager.yaml"
    kube --namespace cert-manager wait deployment --all --for=condition=Available --timeout=5m
    kube apply -f "https://github.com/spinframework/spin-operator/releases/download/v$operator/spin-operator.crds.yaml"
    run helm upgrade --install spin-operator oci://ghcr.io/spinframework/charts/spin-operator \
        --version "$operator" --namespace spin-operator --create-namespace --wait --kube-context "$context"
    say "How nodes run Spin applications: these have the shim without runtime-class-manager"
    kube apply -k "$manifests/components/runtime-class"
}

# Builds the image under a name and takes it to the nodes.
provide() {
    run make image IMAGE="$1"
    import_image
}

deploy() {
    say "The application and its Redis"
    provide "$first"
    with_patience kube apply -k "$manifests/components/cluster-setup"
    if ! kubectl --context "$context" --namespace path-records get secret path-records-redis >/dev/null 2>&1; then
        kubectl --context "$context" --namespace path-records create secret generic path-records-redis \
            --from-literal=password="$(openssl rand -hex 32)"
    fi
    with_patience kube apply -k "$manifests/quick-start"
    kube --namespace path-records wait spinapp/path-records --for=condition=Progressing --timeout=2m
    kube apply --server-side --field-manager=path-records-drain -f "$manifests/tasks/drain.yaml"
    kube --namespace path-records rollout status statefulset/path-records-redis --timeout=5m
    kube --namespace path-records rollout status deployment/path-records --timeout=5m
}

use() {
    say "The NodePort, and a record through it"
    kube --namespace path-records get service path-records-node-port
    ask --request PUT --header 'Content-Type: application/json' --data '{"greeting":"hello"}' "$url/hello"
    ask "$url/hello"
}

scale() {
    local pod pods _
    say "Three replicas"
    kube --namespace path-records patch spinapp/path-records --type=merge --patch '{"spec":{"replicas":3}}'
    kube --namespace path-records wait deployment/path-records --for=jsonpath='{.spec.replicas}'=3 --timeout=1m
    kube --namespace path-records rollout status deployment/path-records --timeout=5m
    say "Each of them answers, and counts on where the one before has stopped"
    pods=$(kubectl --context "$context" --namespace path-records get endpointslices \
        --selector=kubernetes.io/service-name=path-records-node-port \
        --output=jsonpath='{range .items[*].endpoints[?(@.conditions.ready==true)]}{.targetRef.name}{"\n"}{end}')
    [ "$(wc -w <<<"$pods")" -eq 3 ] || fail "These are not three: $pods"
    for pod in $pods; do
        kube get --raw "/api/v1/namespaces/path-records/pods/$pod:80/proxy/"
    done
    say "Some requests, and what they cost the pods (metrics take a minute or two)"
    for _ in {1..200}; do
        curl --fail --silent --show-error --output /dev/null "$url/hello"
    done
    for _ in {1..24}; do
        pods=$(kubectl --context "$context" --namespace path-records top pods --no-headers \
            --selector=core.spinkube.dev/app-name=path-records 2>/dev/null) || pods=
        if [ "$(grep -c . <<<"$pods")" -ge 3 ]; then break; fi
        sleep 5
    done
    printf '%s\n' "${pods:-There are no metrics.}"
}

# Waits until the operator has passed the image on, and until the pods have it.
change_image() {
    kube --namespace path-records patch spinapp/path-records --type=merge --patch "{\"spec\":{\"image\":\"$1\"}}"
    kube --namespace path-records wait deployment/path-records \
        --for=jsonpath='{.spec.template.spec.containers[0].image}'="$1" --timeout=1m
    kube --namespace path-records rollout status deployment/path-records --timeout=5m
    ask "$url/hello"
}

roll_out_and_back() {
    say "Another version, which is the same under another name"
    provide "$second"
    change_image "$second"
    say "And back"
    change_image "$first"
}
