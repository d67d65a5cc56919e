//! The Kubernetes manifests, without a cluster: they render, they fit the schemas, and what no schema
//! sees is consistent: names, labels, ports, secrets, network, and `spin.toml`.
//!
//! What isn't rendered but made in the cluster, the operator's Deployment and Service, is made here by
//! [`operator`] as the operator makes it, and then checked with the rest.

mod cluster;
mod kustomize;
mod operator;
mod redis_nodes;
mod redis_pod;
mod schemas;

mod admission;
mod changes;
mod monitoring;
mod network;
mod pod_security;
mod quick_start;
mod redis;
mod redis_cluster;
mod references;
mod rendering;
mod runbook;
mod variables;
mod without_kubernetes;
