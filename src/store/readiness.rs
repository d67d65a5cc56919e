//! Whether the store serves, and whether it is the one that the configuration describes.

use super::{
    Argument, Call, Delivery, Keys, Redis, Store, StoreError, keys::PartKeys, reply::Reply, script,
};

/// What can be said of a store that serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It serves.
    Serves,
    /// It serves reads and deletions, and has room for nothing more.
    Full,
    /// It was made with another number of parts.
    MadeWith(String),
}

impl<R: Redis> Store<'_, R> {
    /// Asks every node for what requests need. What the store was made with is noted by the first who asks.
    pub async fn readiness(&self) -> Result<Readiness, StoreError> {
        let keys = self.keys();
        let (mut noted, mut full) = look(&mut self.send(note(keys, None)).await?)?;
        let one = "1".to_owned();
        if keys.shards().is_one() {
            noted.get_or_insert(one);
        } else if noted.is_none() {
            // A store with one part needs no note.
            let index = keys.index_of_one().into_bytes().into();
            let exists = Call::new(None, "EXISTS", vec![index], Delivery::Repeatable);
            if self.send(exists).await?.count()? == 1 {
                noted = Some(one);
            } else {
                let count = keys.shards().count().to_string();
                noted = look(&mut self.send(note(keys, Some(count))).await?)?.0;
            }
        }
        let configured = keys.shards().count().to_string();
        // A store that is full can't note anything.
        if let Some(other) = noted.filter(|noted| *noted != configured) {
            return Ok(Readiness::MadeWith(other));
        }
        if !keys.shards().is_one() {
            let parts = keys.of_all();
            let calls = parts.iter().map(|part| check(part)).collect();
            for mut reply in self.send_each(calls).await? {
                full |= look(&mut reply)?.1;
            }
        }
        Ok(if full { Readiness::Full } else { Readiness::Serves })
    }
}

/// What a look at the store says: how many parts are noted, and whether it is full.
fn look(reply: &mut Reply) -> Result<(Option<String>, bool), StoreError> {
    let noted = reply.text()?;
    Ok(((!noted.is_empty()).then_some(noted), reply.text()? == "full"))
}

/// Looks at the note, and writes it if `count` is given.
fn note(keys: &Keys, count: Option<String>) -> Call<'static> {
    let noted = keys.noted_shards().into_bytes().into();
    let count = count.map(|count| count.into_bytes().into()).unwrap_or_default();
    script::READY.elsewhere([noted], [count], Delivery::Repeatable)
}

/// Looks at one part, where nothing is noted.
fn check(part: &PartKeys) -> Call<'_> {
    script::READY.on_part(part, [], [Argument::default()], Delivery::Repeatable)
}
