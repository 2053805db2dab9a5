#!/usr/bin/env bash
# A whole one-node Kubernetes, inside network, mount and PID namespaces of its own: when the first process of the
# PID namespace (this one) ends, the kernel ends all the others.
#
#   node.sh STATE NODE ID    BINARIES=<folder> in the environment
#
# STATE: folder for everything it writes. NODE: a Node.js to run forward.mjs with. ID: name of its cgroups.
# When all is up the file STATE/ready appears; the API server is then also reached through the socket STATE/api.sock.
set -euo pipefail
state=$1 node=$2 id=$3
here=$(dirname "$(realpath "$0")")
export PATH=$BINARIES:$PATH
address=10.99.0.1
cd "$state"
mkdir -p pki cni log

mount --make-rprivate /
ip link set lo up
# A bridge, since the node's address must not be loopback and dummy devices may be missing.
ip link add node0 type bridge && ip addr add $address/24 dev node0 && ip link set node0 up
ip route add default via $address dev node0
echo 1 >/proc/sys/net/ipv4/ip_forward
echo "nameserver 127.0.0.1" >resolv.conf && mount --bind resolv.conf /etc/resolv.conf
mount -t tmpfs tmpfs /run

# -- container runtime, which starts while the control plane does
cat >containerd.toml <<T
version = 3
root = "$state/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "eevee.test/pause:1"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true   # for a machine without CAP_SYS_RESOURCE
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ["/usr/lib/cni"]
  conf_dir = "$state/cni"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
    BinaryName = "$(command -v runc)"
    SystemdCgroup = false
T
cat >cni/10-bridge.conflist <<'C'
{"cniVersion":"1.0.0","name":"pods","plugins":[
 {"type":"bridge","bridge":"cni0","isGateway":true,"ipMasq":true,"hairpinMode":true,
  "ipam":{"type":"host-local","dataDir":"/run/cni","ranges":[[{"subnet":"10.244.0.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}},
 {"type":"portmap","capabilities":{"portMappings":true}}]}
C
containerd -c containerd.toml >log/containerd.log 2>&1 &

# -- control plane
kube etcd --data-dir etcd --unsafe-no-fsync --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 >log/etcd.log 2>&1 &
kube kube-apiserver --etcd-servers http://127.0.0.1:2379 --secure-port 6443 --bind-address 0.0.0.0 --advertise-address $address \
  --tls-cert-file pki/apiserver.crt --tls-private-key-file pki/apiserver.key --client-ca-file pki/ca.crt \
  --service-account-key-file pki/sa.key --service-account-signing-key-file pki/sa.key \
  --service-account-issuer https://kubernetes.default.svc.cluster.local --service-cluster-ip-range 10.96.0.0/16 \
  --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --allow-privileged \
  --kubelet-preferred-address-types InternalIP --kubelet-client-certificate pki/admin.crt --kubelet-client-key pki/admin.key >log/apiserver.log 2>&1 &
"$node" "$here/forward.mjs" "$state/api.sock" 6443 >log/forward.log 2>&1 &
export KUBECONFIG=$state/inside.kubeconfig
# Without a listener no kubectl is started, which takes processor time from the API server.
until (: <>/dev/tcp/127.0.0.1/6443) 2>/dev/null; do sleep 0.1; done
until kube kubectl get --raw /readyz >/dev/null 2>&1; do sleep 0.1; done
kube kube-controller-manager --kubeconfig "$KUBECONFIG" --service-account-private-key-file pki/sa.key --root-ca-file pki/ca.crt \
  --cluster-signing-cert-file pki/ca.crt --cluster-signing-key-file pki/ca.key --use-service-account-credentials --leader-elect=false \
  --allocate-node-cidrs --cluster-cidr 10.244.0.0/16 >log/controller-manager.log 2>&1 &
kube kube-scheduler --kubeconfig "$KUBECONFIG" --leader-elect=false >log/scheduler.log 2>&1 &

# -- node
cat >kubelet.yaml <<Y
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $state/pki/ca.crt}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: /$id
failCgroupV1: false
failSwapOn: false
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
clusterDNS: ["$address"]
clusterDomain: cluster.local
resolvConf: $state/resolv.conf
tlsCertFile: $state/pki/node.crt
tlsPrivateKeyFile: $state/pki/node.key
evictionHard: {nodefs.available: "1%", imagefs.available: "1%"}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
Y
# The kubelet wants its root cgroup to be there; on cgroups v1 a new cpuset has no processors yet.
for controller in /sys/fs/cgroup/*/; do
  [ -e "$controller/cgroup.procs" ] || continue
  mkdir -p "$controller/$id"
  for file in cpuset.cpus cpuset.mems; do
    [ ! -e "$controller/$id/$file" ] || cat "$controller/$file" >"$controller/$id/$file"
  done
done
[ ! -e /sys/fs/cgroup/cgroup.procs ] || mkdir -p "/sys/fs/cgroup/$id"

until [ -S /run/containerd/containerd.sock ]; do sleep 0.1; done
kube kubelet --config kubelet.yaml --kubeconfig kubelet.kubeconfig --hostname-override node1 --node-ip $address \
  --root-dir "$state/kubelet" --cert-dir pki >log/kubelet.log 2>&1 &
kube kube-proxy --kubeconfig "$KUBECONFIG" --hostname-override node1 --cluster-cidr 10.244.0.0/16 --proxy-mode iptables \
  --conntrack-max-per-core 0 --conntrack-tcp-timeout-established 0s --conntrack-tcp-timeout-close-wait 0s >log/kube-proxy.log 2>&1 &
cat >Corefile <<C
.:53 {
  bind $address 127.0.0.1
  kubernetes cluster.local in-addr.arpa {
    kubeconfig $KUBECONFIG test
  }
  cache 5
}
C
coredns -conf Corefile >log/coredns.log 2>&1 &
until kube kubectl get node node1 2>/dev/null | grep -q ' Ready' && kube kubectl get serviceaccount default >/dev/null 2>&1; do sleep 0.2; done
touch ready
# The namespace lives as long as this process.
while :; do sleep 3600 & wait $!; done
