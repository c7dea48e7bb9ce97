# The chains of the portmap plugin, which makes them once and never takes them away; sourced by ./dev.

readonly hostport_chains='CNI-HOSTPORT-DNAT CNI-HOSTPORT-SETMARK CNI-HOSTPORT-MASQ'

hostport_chains_exist() {
    local rules
    rules=$({ iptables -w -t nat -S; ip6tables -w -t nat -S; } 2>/dev/null || true)
    [[ $rules == *CNI-HOSTPORT* ]]
}

# sweep_hostport_chains: for whoever brought the chains. They go where no port of a pod is left in them.
sweep_hostport_chains() {
    local iptables rule chain
    for iptables in iptables ip6tables; do
        command -v "$iptables" >/dev/null || continue
        { "$iptables" -w -t nat -S 2>/dev/null | grep -e '-j CNI-HOSTPORT-' || true; } | while IFS= read -r rule; do
            case $rule in
                "-A PREROUTING"* | "-A OUTPUT"* | "-A POSTROUTING"*) ;;
                *) continue ;;
            esac
            chain=${rule##*-j }
            if ! "$iptables" -w -t nat -S "$chain" | grep '^-A' | grep -qv -e 'MARK' -e 'MASQUERADE'; then
                # The rule is printed as the shell words of an iptables command.
                eval "$iptables -w -t nat ${rule/#-A/-D}"
            fi
        done
        for chain in $hostport_chains; do
            if "$iptables" -w -t nat -S "$chain" >/dev/null 2>&1 \
                && [[ $("$iptables" -w -t nat -S) != *"-j $chain"* ]]; then
                "$iptables" -w -t nat -F "$chain"
                "$iptables" -w -t nat -X "$chain"
            fi
        done
    done
}
