package io.gantry.e2e.kubelet;

/** placeholder */
class ClusterIT {}
