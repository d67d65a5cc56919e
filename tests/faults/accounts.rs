//! Transfers between accounts: batches, each of which writes two accounts and a receipt, or nothing,
//! also where nobody is told which.

use std::collections::{BTreeMap, HashMap, HashSet};

use fastrand::Rng;
use harness::secrets::{READ_TOKEN, WRITE_TOKEN};
use harness::{Batch, Host, Part, Redis, Response, responses};

use crate::client::{Outcome, outcome};

const ACCOUNTS: usize = 4;
const BALANCE: i64 = 1_000;

/// What one client knows about its transfers, by the names of their receipts.
#[derive(Debug, Default)]
pub struct Transfers {
    acknowledged: HashSet<String>,
    /// Those whose outcome is unknown.
    maybe: HashSet<String>,
    /// How many were refused, since another one was faster.
    refused: usize,
}

/// Whether a record belongs to the accounts.
pub fn is_of_accounts(path: &str) -> bool {
    path.starts_with("/accounts/") || path.starts_with("/receipts/")
}

fn account(number: usize) -> String {
    format!("/accounts/{number}")
}

fn account_body(balance: i64) -> String {
    format!(r#"{{"balance":{balance}}}"#)
}

/// Stores the accounts.
pub fn open(host: &Host) {
    let batch = (0..ACCOUNTS).fold(Batch::new(), |batch, number| {
        batch.put(&account(number), &[], &account_body(BALANCE))
    });
    batch.to(host).token(WRITE_TOKEN).send().expect(200);
}

/// Reads all accounts at one moment; there is as much in them as ever.
pub fn read_all(host: &Host, hits: &mut usize) -> Outcome {
    let numbers: Vec<_> = (0..ACCOUNTS).collect();
    match read(host, &numbers, hits) {
        Ok(seen) => {
            let more: i64 = seen.iter().map(|(balance, _)| balance - BALANCE).sum();
            assert_eq!(more, 0, "half of a transfer is in {seen:?}");
            Outcome::Done
        }
        Err(outcome) => outcome,
    }
}

/// The balances and tags of some accounts.
fn read(host: &Host, numbers: &[usize], hits: &mut usize) -> Result<Vec<(i64, String)>, Outcome> {
    let batch = numbers.iter().fold(Batch::new(), |batch, number| batch.get(&account(*number)));
    let answer = batch.to(host).token(READ_TOKEN).may_fail().try_send().ok();
    let Some(found) = answer.as_ref().filter(|answer| answer.status() == 200) else {
        let outcome = outcome(answer.as_ref());
        assert_ne!(outcome, Outcome::Done, "reading can't be refused: {answer:?}");
        return Err(outcome);
    };
    let seen = |part: &Part| {
        assert_eq!(part.status, 200, "an account is lost: {found}");
        (part.json()["balance"].as_i64().expect("a balance"), part.etag())
    };
    *hits += numbers.len();
    Ok(responses(found).iter().map(seen).collect())
}

impl Transfers {
    /// Moves an amount from one account to another if nobody has touched either since they were read.
    pub fn transfer(
        &mut self,
        host: &Host,
        rng: &mut Rng,
        name: &str,
        hits: &mut usize,
    ) -> Outcome {
        let mut numbers: Vec<_> = (0..ACCOUNTS).collect();
        rng.shuffle(&mut numbers);
        numbers.truncate(2);
        let before = match read(host, &numbers, hits) {
            Ok(before) => before,
            Err(outcome) => return outcome,
        };
        let amount = rng.i64(1..100);
        let name = name.replace(' ', "-");
        let receipt = format!(r#"{{"from":{},"to":{},"amount":{amount}}}"#, numbers[0], numbers[1]);
        let batch = numbers.iter().zip(&before).zip([-amount, amount]).fold(
            Batch::new(),
            |batch, ((number, (balance, tag)), change)| {
                let body = account_body(balance + change);
                batch.put(&account(*number), &[("If-Match", tag)], &body)
            },
        );
        let batch = batch.put(&format!("/receipts/{name}"), &[("If-None-Match", "*")], &receipt);
        let answer = batch.to(host).token(WRITE_TOKEN).may_fail().try_send().ok();
        *hits += self.note(name, answer.as_ref());
        outcome(answer.as_ref())
    }

    /// Notes what became of a transfer; how many hits it was.
    fn note(&mut self, name: String, answer: Option<&Response>) -> usize {
        match answer.map(Response::status) {
            Some(200) => {
                let parts = responses(answer.expect("it has a status"));
                let statuses: Vec<_> = parts.iter().map(|part| part.status).collect();
                assert_eq!(statuses, [200, 200, 201], "{answer:?}");
                self.acknowledged.insert(name);
                return statuses.len();
            }
            Some(412) => {
                let answer = answer.expect("it has a status");
                assert!(answer.number("request") < 2, "it was done before: {answer}");
                self.refused += 1;
            }
            // That one says that nothing was stored.
            Some(507) => {}
            _ => drop(self.maybe.insert(name)),
        }
        0
    }

    /// Adds what another client knows.
    pub fn merge(&mut self, other: Self) {
        self.acknowledged.extend(other.acknowledged);
        self.maybe.extend(other.maybe);
        self.refused += other.refused;
    }

    /// Fails unless Redis holds every transfer that was acknowledged, none that was refused, and of each
    /// all or nothing.
    pub fn assert_kept(&self, redis: &Redis) {
        let keys: Vec<String> = redis.run(&["KEYS", "path-records:/receipts/*"]);
        let mut balances: BTreeMap<usize, i64> =
            (0..ACCOUNTS).map(|number| (number, BALANCE)).collect();
        let mut found = HashSet::new();
        for key in keys {
            let receipt: HashMap<Vec<u8>, String> = redis.run(&["HGETALL", &key]);
            let number =
                |name: &str| -> i64 { receipt[name.as_bytes()].parse().expect("a number") };
            for (name, change) in [("from", -number("amount")), ("to", number("amount"))] {
                let account = usize::try_from(number(name)).expect("an account");
                *balances.get_mut(&account).expect("an account") += change;
            }
            found.insert(key.trim_start_matches("path-records:/receipts/").to_owned());
        }
        for (number, expected) in balances {
            let key = format!("path-records:{}", account(number));
            let balance: i64 = redis.run(&["HGET", &key, "balance"]);
            assert_eq!(balance, expected, "account {number} against all receipts");
        }
        for name in &self.acknowledged {
            assert!(found.contains(name), "{name} is lost");
        }
        for name in &found {
            let sent = self.acknowledged.contains(name) || self.maybe.contains(name);
            assert!(sent, "{name} was refused, and is there");
        }
        let (done, maybe) = (self.acknowledged.len(), self.maybe.len());
        println!("{done} transfers, {maybe} of unknown outcome, {} refused", self.refused);
        assert!(done > 20, "there were no transfers: {done}");
    }
}
