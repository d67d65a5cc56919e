//! Transfers between accounts, each a batch that writes two records or none, and clients who read all
//! accounts with a batch.
//!
//! Every write says `If-Match`, so the versions of an account follow each other in one order that is
//! known. An account's place in that order makes what a reader saw comparable: what any two readers saw
//! lies one behind the other, and never between the two halves of a transfer.

use std::collections::HashMap;
use std::sync::{Barrier, Mutex};
use std::time::Instant;

use fastrand::Rng;
use harness::{Batch, Host, Part, responses, setting};

use crate::replicas::{Replicas, reading, writing};

const ACCOUNTS: usize = 6;
const BALANCE: i64 = 100;

const TELLERS: usize = 12;
const READERS: usize = 4;
const TURNS: usize = 40;

/// An account as a reader saw it.
#[derive(Debug, Clone)]
struct Seen {
    balance: i64,
    etag: String,
}

/// A transfer that was done: of each of its two accounts the number, the tag before and the tag after.
#[derive(Debug)]
struct Transfer {
    accounts: [(usize, String, String); 2],
    begun: Instant,
    ended: Instant,
}

/// What a batch of GETs gave: the number and the tag of each account.
#[derive(Debug)]
struct Snapshot {
    tags: Vec<(usize, String)>,
    begun: Instant,
    ended: Instant,
}

#[derive(Debug, Default)]
struct Log {
    transfers: Vec<Transfer>,
    snapshots: Vec<Snapshot>,
    /// How many transfers were refused, since another one was faster.
    refused: usize,
    hits: usize,
}

fn path(account: usize) -> String {
    format!("/accounts/{account}")
}

fn body(balance: i64) -> String {
    format!(r#"{{"balance":{balance}}}"#)
}

/// Reads some accounts at one moment.
fn look(host: &Host, accounts: &[usize], log: &Mutex<Log>) -> Vec<Seen> {
    let batch = accounts.iter().fold(Batch::new(), |batch, account| batch.get(&path(*account)));
    let begun = Instant::now();
    let answer = reading(batch.to(host)).send();
    let ended = Instant::now();
    let seen: Vec<_> = responses(&answer).iter().map(seen).collect();
    assert_eq!(seen.len(), accounts.len(), "{answer}");
    let tags = accounts.iter().zip(&seen).map(|(account, seen)| (*account, seen.etag.clone()));
    let tags = tags.collect();
    let mut log = log.lock().expect("no panic");
    log.hits += accounts.len();
    log.snapshots.push(Snapshot { tags, begun, ended });
    seen
}

fn seen(part: &Part) -> Seen {
    assert_eq!(part.status, 200, "{part:?}");
    let balance = part.json()["balance"].as_i64().expect("a balance");
    Seen { balance, etag: part.etag() }
}

/// Moves an amount from one account to another if nobody has touched either since they were read.
fn transfer(replicas: &Replicas, rng: &mut Rng, log: &Mutex<Log>) {
    let mut accounts: Vec<_> = (0..ACCOUNTS).collect();
    rng.shuffle(&mut accounts);
    accounts.truncate(2);
    let before = look(replicas.host(rng.usize(..)), &accounts, log);
    let amount = rng.i64(1..50);
    let batch = accounts.iter().zip(&before).zip([-amount, amount]).fold(
        Batch::new(),
        |batch, ((account, seen), change)| {
            let conditions = [("If-Match", &seen.etag[..])];
            batch.put(&path(*account), &conditions, &body(seen.balance + change))
        },
    );
    let begun = Instant::now();
    let answer = writing(batch.to(replicas.host(rng.usize(..)))).send();
    let ended = Instant::now();
    let mut log = log.lock().expect("no panic");
    if answer.status() != 200 {
        assert!(answer.expect(412).number("request") < 2, "{answer}");
        log.refused += 1;
        return;
    }
    let after = responses(&answer);
    assert!(after.iter().all(|part| part.status == 200), "{answer}");
    let tags = |at: usize| (accounts[at], before[at].etag.clone(), after[at].etag());
    log.transfers.push(Transfer { accounts: [tags(0), tags(1)], begun, ended });
    log.hits += 2;
}

/// Reads all accounts; there is as much in them as ever.
fn read_all(host: &Host, log: &Mutex<Log>) {
    let accounts: Vec<_> = (0..ACCOUNTS).collect();
    let seen = look(host, &accounts, log);
    let more: i64 = seen.iter().map(|seen| seen.balance - BALANCE).sum();
    assert_eq!(more, 0, "half of a transfer is in {seen:?}");
}

/// Which version of its account each tag stands for, from 0; fails if a version has two successors.
fn versions(first: &[Seen], transfers: &[Transfer]) -> HashMap<String, usize> {
    let mut successors = HashMap::new();
    for (_, before, after) in transfers.iter().flat_map(|transfer| &transfer.accounts) {
        let other = successors.insert(before, after);
        assert_eq!(other, None, "two transfers began with {before}");
    }
    let mut versions = HashMap::new();
    for seen in first {
        let mut etag = &seen.etag;
        let mut version = 0;
        loop {
            versions.insert(etag.clone(), version);
            let Some(next) = successors.remove(etag) else {
                break;
            };
            (etag, version) = (next, version + 1);
        }
    }
    assert!(successors.is_empty(), "written over what nobody wrote: {successors:?}");
    versions
}

#[test]
fn transfers_between_records_are_seen_whole_by_every_reader() {
    let replicas = Replicas::start();
    let seed = setting("SEED", 0x6261_6e6b);
    let open = (0..ACCOUNTS)
        .fold(Batch::new(), |batch, account| batch.put(&path(account), &[], &body(BALANCE)));
    let opened = writing(open.to(replicas.host(0))).send();
    let first: Vec<_> = responses(&opened)
        .iter()
        .map(|part| {
            assert_eq!(part.status, 201, "{opened}");
            Seen { balance: BALANCE, etag: part.etag() }
        })
        .collect();

    let log = Mutex::new(Log { hits: ACCOUNTS, ..Log::default() });
    let barrier = Barrier::new(TELLERS + READERS);
    std::thread::scope(|scope| {
        for client in 0..TELLERS + READERS {
            let (replicas, log, barrier) = (&replicas, &log, &barrier);
            scope.spawn(move || {
                let mut rng = Rng::with_seed(seed.wrapping_add(client as u64));
                barrier.wait();
                for _ in 0..TURNS {
                    if client < TELLERS {
                        transfer(replicas, &mut rng, log);
                    } else {
                        read_all(replicas.host(rng.usize(..)), log);
                    }
                }
            });
        }
    });
    read_all(replicas.host(0), &log);

    let log = log.into_inner().expect("no panic");
    println!("{} transfers, {} refused", log.transfers.len(), log.refused);
    assert!(log.transfers.len() > TURNS && log.refused > TURNS, "they got in each other's way");
    assert_eq!(replicas.hits(), log.hits, "each request of a batch that was done is a hit");
    assert_one_order(&first, &log);
}

/// Fails unless all that was seen fits one order of whole transfers, in which nothing stands before
/// what had ended when it began.
fn assert_one_order(first: &[Seen], log: &Log) {
    let versions = versions(first, &log.transfers);
    let version = |tag: &str| {
        *versions.get(tag).unwrap_or_else(|| panic!("{tag} is a version that nobody wrote"))
    };
    let snapshots: Vec<_> = log
        .snapshots
        .iter()
        .map(|snapshot| {
            let versions: HashMap<usize, usize> =
                snapshot.tags.iter().map(|(account, tag)| (*account, version(tag))).collect();
            (versions, snapshot)
        })
        .collect();
    for (seen, snapshot) in &snapshots {
        for transfer in &log.transfers {
            let halves = transfer.accounts.iter().filter_map(|(account, _, after)| {
                seen.get(account).map(|seen| *seen >= version(after))
            });
            let mut halves: Vec<bool> = halves.collect();
            halves.dedup();
            assert!(halves.len() < 2, "{snapshot:?} has half of {transfer:?}");
            for is_seen in halves {
                assert!(is_seen || transfer.ended >= snapshot.begun, "{snapshot:?} is stale");
                assert!(!is_seen || transfer.begun <= snapshot.ended, "{snapshot:?} is early");
            }
        }
        for (other_seen, other) in &snapshots {
            let both = seen.iter().filter_map(|(account, version)| {
                other_seen.get(account).map(|other| version.cmp(other))
            });
            let orders: Vec<_> = both.collect();
            let (less, greater) = (
                orders.iter().any(|order| order.is_lt()),
                orders.iter().any(|order| order.is_gt()),
            );
            assert!(!(less && greater), "{snapshot:?} and {other:?} have no order");
            assert!(!greater || snapshot.ended >= other.begun, "{other:?} is behind {snapshot:?}");
        }
    }
}
