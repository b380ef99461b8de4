//! Things that go by a number.

use std::ops::{Index, IndexMut};

/// Things with numbers from zero on. Only this program gives out the numbers, and takes nothing away.
#[derive(Debug)]
pub(crate) struct Arena<T>(Vec<T>);

impl<T> Arena<T> {
    pub(crate) fn len(&self) -> u32 {
        // Nobody has so many.
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// Adds one. Returns its number.
    pub(crate) fn push(&mut self, thing: T) -> u32 {
        self.0.push(thing);
        self.len() - 1
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> FromIterator<T> for Arena<T> {
    fn from_iter<I: IntoIterator<Item = T>>(things: I) -> Self {
        Self(things.into_iter().collect())
    }
}

impl<T> Index<u32> for Arena<T> {
    type Output = T;

    #[expect(
        clippy::indexing_slicing,
        reason = "numbers come from here, and nothing is taken away"
    )]
    fn index(&self, number: u32) -> &T {
        &self.0[number as usize]
    }
}

impl<T> IndexMut<u32> for Arena<T> {
    #[expect(
        clippy::indexing_slicing,
        reason = "numbers come from here, and nothing is taken away"
    )]
    fn index_mut(&mut self, number: u32) -> &mut T {
        &mut self.0[number as usize]
    }
}
