#!/bin/sh
# Adds the handler `spin` to containerd's configuration, the file $1, unless it is there. It manages cgroups as
# runc does there, or pods would have no CPU metrics. containerd has to be restarted for it.
set -eu
if grep -q 'runtimes\.spin\]' "$1"; then exit 0; fi
plugin=io.containerd.grpc.v1.cri
if grep -q '^version = 3' "$1"; then plugin=io.containerd.cri.v1.runtime; fi
systemd=false
if grep -q 'SystemdCgroup = true' "$1"; then systemd=true; fi
cat >>"$1" <<END

[plugins."$plugin".containerd.runtimes.spin]
  runtime_type = "io.containerd.spin.v2"

[plugins."$plugin".containerd.runtimes.spin.options]
  SystemdCgroup = $systemd
END
