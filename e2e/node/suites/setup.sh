# Makes a node of the virtual machine: Gantry's program tree as a package would install it, its unit, the configuration
# that it prints itself, the example network, and a registry with the test images. /in holds gantry, images, bin and hosts.

set -eu

install_gantry() {
    rm -rf /usr/lib/gantry
    cp -a /in/gantry /usr/lib/gantry
    ln -sf /usr/lib/gantry/bin/gantry /usr/local/bin/gantry
    install -D -m 0644 /usr/lib/gantry/share/systemd/gantry.service /usr/lib/systemd/system/gantry.service
    mkdir -p /etc/gantry/certs.d/_default /etc/cni/net.d
    gantry config default >/etc/gantry/gantry.toml
    install -m 0644 /usr/lib/gantry/share/cni/10-gantry-bridge.conflist /etc/cni/net.d/
    install -m 0644 /usr/lib/gantry/share/crictl/crictl.yaml /etc/crictl.yaml
    # Emulation is slow, and slower on a machine that has other work.
    mkdir -p /etc/gantry/gantry.d
    printf '[network]\nplugin_timeout = "15m"\n' >/etc/gantry/gantry.d/emulation.toml
    mkdir -p /etc/systemd/system/gantry.service.d
    printf '[Service]\nTimeoutStartSec=900\n' >/etc/systemd/system/gantry.service.d/emulation.conf
    sed -i 's/^timeout:.*/timeout: 600/' /etc/crictl.yaml
}

install_registry() {
    mkdir -p /var/lib/registry
    cp -a /in/images/. /var/lib/registry/
    cat >/var/lib/registry/config.yml <<'YAML'
version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage:
  filesystem: { rootdirectory: /var/lib/registry/storage }
  maintenance: { readonly: { enabled: true } }
http: { addr: "127.0.0.1:5000" }
YAML
    cat >/etc/systemd/system/registry.service <<'UNIT'
[Unit]
Description=Registry of the test images
[Service]
ExecStart=/var/lib/registry/docker-registry serve /var/lib/registry/config.yml
Restart=always
[Install]
WantedBy=multi-user.target
UNIT
    printf 'server = "http://127.0.0.1:5000"\n' >/etc/gantry/certs.d/_default/hosts.toml
    local host
    for host in registry.k8s.io k8s.gcr.io gcr.io; do
        mkdir -p "/etc/gantry/certs.d/$host"
        cp /etc/gantry/certs.d/_default/hosts.toml "/etc/gantry/certs.d/$host/"
    done
}

install -m 0755 /in/bin/* /usr/local/bin/
install_gantry
install_registry
systemctl daemon-reload
systemctl enable --quiet --now registry
systemctl enable --quiet gantry
