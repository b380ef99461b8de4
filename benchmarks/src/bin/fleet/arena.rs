//! A growing list with stable indexes.

use std::ops::{Index, IndexMut};

/// Values with indexes from zero on. Values are never removed, so an index stays valid.
#[derive(Debug)]
pub(crate) struct Arena<T>(Vec<T>);

impl<T> Arena<T> {
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// Adds a value. Returns its index.
    pub(crate) fn push(&mut self, value: T) -> u32 {
        self.0.push(value);
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
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl<T> Index<u32> for Arena<T> {
    type Output = T;

    #[expect(
        clippy::indexing_slicing,
        reason = "`push` hands out the indexes, and values are never removed"
    )]
    fn index(&self, index: u32) -> &T {
        &self.0[index as usize]
    }
}

impl<T> IndexMut<u32> for Arena<T> {
    #[expect(
        clippy::indexing_slicing,
        reason = "`push` hands out the indexes, and values are never removed"
    )]
    fn index_mut(&mut self, index: u32) -> &mut T {
        &mut self.0[index as usize]
    }
}
