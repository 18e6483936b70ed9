//! Records in the order of their keys, which come nearly in that order: two vectors, and no holes as a hash table has.
//!
//! In: records. Out: the same, by key and by what stands beside a key. Never: two of one key.

/// What records stand in order by.
pub(super) trait Orderly: Copy {
    /// The key.
    type Key: Ord + Copy;

    /// This one's.
    fn key(&self) -> Self::Key;
}

/// Maximum records that came out of order before they are put into order.
const MAX_LATE: usize = 512;

/// Records by key.
#[derive(Debug)]
pub(super) struct Ordered<T> {
    records: Vec<T>,
    /// Those that came out of order: few.
    late: Vec<T>,
}

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self { records: Vec::new(), late: Vec::new() }
    }
}

impl<T: Orderly> Ordered<T> {
    /// Takes it in; returns the one that had its key until now.
    pub(super) fn insert(&mut self, record: T) -> Option<T> {
        let key = record.key();
        for records in [&mut self.records, &mut self.late] {
            if let Ok(place) = records.binary_search_by_key(&key, T::key) {
                return Some(std::mem::replace(&mut records[place], record));
            }
        }
        if self.records.last().is_none_or(|last| last.key() < key) {
            self.records.push(record);
            return None;
        }
        let place = self.late.partition_point(|other| other.key() < key);
        self.late.insert(place, record);
        if self.late.len() > MAX_LATE {
            self.records.append(&mut self.late);
            // Two runs in order: that takes one pass.
            self.records.sort_by_key(T::key);
        }
        None
    }

    /// Takes it out, if it is there.
    pub(super) fn remove(&mut self, key: T::Key) {
        for records in [&mut self.records, &mut self.late] {
            if let Ok(place) = records.binary_search_by_key(&key, T::key) {
                records.remove(place);
            }
        }
    }

    /// The one of this key.
    pub(super) fn get(&self, key: T::Key) -> Option<&T> {
        let of = |records: &[T]| records.binary_search_by_key(&key, T::key).ok();
        match of(&self.records) {
            Some(place) => self.records.get(place),
            None => self.late.get(of(&self.late)?),
        }
    }

    /// The last one before `key`.
    pub(super) fn last_before(&self, key: T::Key) -> Option<&T> {
        let of = |records: &'_ [T]| records.partition_point(|record| record.key() < key).checked_sub(1);
        let (one, other) = (of(&self.records).map(|at| &self.records[at]), of(&self.late).map(|at| &self.late[at]));
        one.into_iter().chain(other).max_by_key(|record| record.key())
    }

    /// The first one of `key`, or after it.
    pub(super) fn first_from(&self, key: T::Key) -> Option<&T> {
        let of = |records: &[T]| records.partition_point(|record| record.key() < key);
        let (one, other) = (self.records.get(of(&self.records)), self.late.get(of(&self.late)));
        one.into_iter().chain(other).min_by_key(|record| record.key())
    }

    /// All of them, nearly in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.records.iter().chain(&self.late)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    impl Orderly for (u32, u32) {
        type Key = u32;

        fn key(&self) -> u32 {
            self.0
        }
    }

    #[test]
    fn it_is_a_map_in_order_in_whatever_order_records_come() {
        let mut random = fastrand::Rng::with_seed(7);
        let (mut ordered, mut expected) = (Ordered::default(), BTreeMap::new());
        for number in 0..5_000 {
            // Nearly in order, with some far off and some twice.
            let key = if random.u8(..4) == 0 { random.u32(..5_000) } else { number };
            assert_eq!(ordered.insert((key, number)), expected.insert(key, number).map(|before| (key, before)));
            if random.u8(..16) == 0 {
                let gone = random.u32(..5_000);
                ordered.remove(gone);
                expected.remove(&gone);
            }
            let key = random.u32(..5_100);
            let pair = |(key, value): (&u32, &u32)| (*key, *value);
            assert_eq!(ordered.get(key).copied(), expected.get_key_value(&key).map(pair));
            assert_eq!(ordered.last_before(key).copied(), expected.range(..key).next_back().map(pair));
            assert_eq!(ordered.first_from(key).copied(), expected.range(key..).next().map(pair));
        }
        assert_eq!(ordered.iter().count(), expected.len());
    }
}
