//! What Prometheus and Grafana are given: the expressions are `PromQL` and speak of metrics that there are, and the
//! monitor finds the pods, their port and the token.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use bytes::Bytes;
use path_records_stub::{Given, Stub, config, replies, respond};
use promql_parser::parser::{self, Expr};
use promql_parser::util::{ExprVisitor, walk_expr};
use serde_json::Value;

use crate::cluster::{Cluster, all_under, items, text};
use crate::kustomize::{Manifests, skip};

/// The base with tokens and this.
fn monitored(manifests: &Manifests) -> Cluster {
    let components = ["redis", "tokens", "network-policy", "monitoring"];
    Cluster::with(manifests, manifests.render_components(&components))
}

/// The dashboard as Grafana reads it.
fn dashboard(cluster: &Cluster) -> Value {
    let config = cluster.named("ConfigMap", "path-records-dashboard").expect("a dashboard");
    assert_eq!(config["metadata"]["labels"]["grafana_dashboard"], "1");
    let file = text(config, "/data/path-records.json");
    serde_json::from_str(file).expect("JSON")
}

/// The rules of all groups.
fn rules(cluster: &Cluster) -> Vec<&Value> {
    let groups = items(cluster.one("PrometheusRule"), "/spec/groups");
    groups.iter().flat_map(|group| items(group, "/rules")).collect()
}

/// The names of the series that an expression selects.
fn series(expression: &str) -> BTreeSet<String> {
    struct Names(BTreeSet<String>);
    impl ExprVisitor for Names {
        type Error = ();
        fn pre_visit(&mut self, expression: &Expr) -> Result<bool, ()> {
            let selector = match expression {
                Expr::VectorSelector(selector) => Some(selector),
                Expr::MatrixSelector(selector) => Some(&selector.vs),
                _ => None,
            };
            self.0.extend(selector.and_then(|selector| selector.name.clone()));
            Ok(true)
        }
    }
    let parsed = parser::parse(expression).unwrap_or_else(|why| panic!("{expression}: {why}"));
    let mut names = Names(BTreeSet::new());
    assert_eq!(walk_expr(&mut names, &parsed), Ok(true));
    names.0
}

/// What the service gives while Redis answers.
fn metrics() -> BTreeSet<String> {
    let config = config(&Given::defaults()).expect("the defaults can be used");
    // To a PING any reply is an answer.
    let redis = Stub::replying(replies::ready());
    redis.reply_next(replies::ready());
    redis.reply_next(replies::counts(5, 2, 0));
    let request = http::Request::get("/-/metrics").body(Bytes::new()).expect("a request");
    let response = respond(request, Ok((&config, &redis)));
    let text = String::from_utf8(response.body().to_vec()).expect("text");
    text.lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next().map(str::to_owned))
        .collect()
}

#[test]
fn rules_and_dashboard_speak_of_metrics_that_there_are() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let cluster = monitored(&manifests);
    let mut known = metrics();
    known.insert("up".to_owned());
    let mut used = BTreeSet::new();
    // A rule may use what one before it records.
    for rule in rules(&cluster) {
        let names = series(text(rule, "/expr"));
        assert!(names.is_subset(&known), "{names:?}");
        used.extend(names);
        if let Some(recorded) = rule.get("record") {
            known.insert(recorded.as_str().expect("a name").to_owned());
        }
    }
    let dashboard = dashboard(&cluster);
    let mut expressions = 0;
    for expression in all_under(&dashboard["panels"], "expr") {
        let names = series(expression.as_str().expect("text"));
        assert!(names.is_subset(&known), "{names:?}");
        used.extend(names);
        expressions += 1;
    }
    assert!(expressions >= items(&dashboard, "/panels").len());
    assert!(used.len() > 4, "{used:?}");
    // And the parser would say it.
    assert!(parser::parse("sum by namespace (path_records_records)").is_err());
}

/// Every pod says the same of the store.
#[test]
fn nobody_sums_up_what_is_the_stores() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let cluster = monitored(&manifests);
    let dashboard = dashboard(&cluster);
    let rules = rules(&cluster);
    let expressions = rules
        .iter()
        .map(|rule| text(rule, "/expr"))
        .chain(all_under(&dashboard, "expr").into_iter().filter_map(Value::as_str));
    let mut seen = 0;
    for expression in expressions {
        let stores = ["path_records_records", "path_records_hits_total"];
        if series(expression).iter().any(|name| stores.contains(&name.as_str())) {
            assert!(expression.starts_with("max"), "{expression}");
            seen += 1;
        }
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn alerts_are_explained_in_the_runbook() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let page = fs::read_to_string(crate::kustomize::directory().join("monitoring.md"));
    let page = page.expect("the page");
    let cluster = monitored(&manifests);
    let mut alerts = BTreeSet::new();
    for rule in rules(&cluster) {
        if let Some(alert) = rule.get("alert") {
            let alert = alert.as_str().expect("a name");
            text(rule, "/annotations/summary");
            text(rule, "/labels/severity");
            assert!(alerts.insert(alert.to_owned()), "{alert} twice");
        }
    }
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `PathRecords"));
    let explained: BTreeSet<_> = rows
        .map(|row| format!("PathRecords{}", row.split('`').next().unwrap_or_default()))
        .collect();
    assert_eq!(alerts, explained);
}

#[test]
fn the_monitor_finds_the_pods_the_port_and_the_token() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let cluster = monitored(&manifests);
    let monitor = cluster.one("PodMonitor");
    let template = &cluster.one("Deployment")["spec"]["template"];
    let labels = &template["metadata"]["labels"];
    assert!(crate::cluster::selects(&monitor["spec"]["selector"], labels));
    let endpoint = &items(monitor, "/spec/podMetricsEndpoints")[0];
    let ports = items(template, "/spec/containers/0/ports");
    assert!(ports.iter().any(|port| port["name"] == endpoint["port"]), "{ports:?}");
    assert_eq!(endpoint["path"], "/-/metrics");
    let variables = items(cluster.one("SpinApp"), "/spec/variables");
    let token = variables.iter().find(|variable| variable["name"] == "read_token");
    assert_eq!(
        token.expect("a token")["valueFrom"]["secretKeyRef"],
        endpoint["authorization"]["credentials"]
    );
    // Both are found by the same label.
    assert_eq!(monitor["metadata"]["labels"], cluster.one("PrometheusRule")["metadata"]["labels"]);
}

#[test]
fn prometheus_own_tool_takes_the_rules() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let file = manifests.path().join("rules.json");
    let cluster = monitored(&manifests);
    let spec = &cluster.one("PrometheusRule")["spec"];
    // JSON is YAML.
    fs::write(&file, spec.to_string()).expect("a file");
    let output =
        Command::new("promtool").args(["check", "rules"]).arg(&file).stdin(Stdio::null()).output();
    match output {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        Err(_) => skip("promtool is missing (Debian: apt-get install prometheus)"),
    }
}

#[test]
fn the_executor_for_telemetry_is_the_usual_one_with_an_address_that_the_policy_opens() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let objects = manifests.render_components(&["redis", "network-policy", "otel"]);
    let cluster = Cluster::with(&manifests, objects);
    let executor = |name: &str| cluster.named("SpinAppExecutor", name).expect("an executor");
    let app = cluster.one("SpinApp");
    let mut config = executor(text(app, "/spec/executor"))["spec"]["deploymentConfig"].clone();
    let otel = config.as_object_mut().expect("an object").remove("otel").expect("otel");
    assert_eq!(config, executor("containerd-shim-spin")["spec"]["deploymentConfig"]);
    let address = text(&otel, "/exporter_otlp_endpoint");
    let host = address.strip_prefix("http://").expect("HTTP");
    let (host, port) = host.rsplit_once(':').expect("a port");
    let namespace = host.split('.').nth(1).expect("a namespace");
    let policy = cluster.named("NetworkPolicy", "path-records").expect("a policy");
    let rule = items(policy, "/spec/egress").last().expect("rules");
    assert_eq!(
        text(rule, "/to/0/namespaceSelector/matchLabels/kubernetes.io~1metadata.name"),
        namespace
    );
    assert_eq!(rule["ports"][0]["port"].to_string(), port);
}
