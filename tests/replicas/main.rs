//! Three hosts on one store, and many clients that talk to all of them at once. The store is one Redis or,
//! with `STORE=cluster`, a Redis Cluster.
//!
//! `SEED=number` repeats a run's choices; each run prints its own.

mod explain;
mod feeds;
mod history;
mod model;
mod one_winner;
mod replicas;
mod rotation;
mod transfers;
mod wake_ups;
mod workload;

use history::explained;
use replicas::Replicas;
use workload::Plan;

#[test]
fn every_answer_is_explained_by_one_order_of_atomic_operations_per_record() {
    let replicas = Replicas::start();
    let plan = Plan { clients: 32, groups: 8, records_in_a_group: 4, turns: 18, batches: false };
    let history = workload::run(&replicas, &plan);
    assert_eq!(history.requests(), 32 * 8 * 18, "every request was answered");
    assert_eq!(explained(&history, &replicas), 7, "every kind of answer came");
}

#[test]
fn few_records_under_many_clients_are_explained_too() {
    let replicas = Replicas::start();
    let plan = Plan { clients: 32, groups: 12, records_in_a_group: 1, turns: 3, batches: false };
    let history = workload::run(&replicas, &plan);
    explained(&history, &replicas);
}

#[test]
fn batches_fit_into_one_order_of_atomic_operations_per_record() {
    let replicas = Replicas::start();
    let plan = Plan { clients: 24, groups: 6, records_in_a_group: 4, turns: 16, batches: true };
    let history = workload::run(&replicas, &plan);
    assert!(history.refused() > 20, "{} batches were refused", history.refused());
    assert_eq!(explained(&history, &replicas), 7, "every kind of answer came");
}
