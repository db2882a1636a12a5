//! Long lists of which few entries are used.

use std::ops::{Index, IndexMut};

use rayon::prelude::*;

/// Entries of a page.
pub const PAGE: usize = 32;
/// Of a page that has not been touched.
const NONE: u32 = u32::MAX;

/// A list of zeros in which only those pages of [`PAGE`] entries take memory, and time when it is cleared, that were
/// written to since.
///
/// Sums of a chunk of particles are one: of all regions it has particles in few.
///
/// ```
/// use reluflow::math::paged::Paged;
/// let mut sums: Paged<f64> = Paged::new(1_000_000);
/// sums[70] += 2.0;
/// assert_eq!((sums[70], sums[71], sums[999_999]), (2.0, 0.0, 0.0));
/// let pages: Vec<(usize, &[f64])> = sums.pages().collect();
/// assert_eq!((pages.len(), pages[0].0, pages[0].1[6]), (1, 64, 2.0));
/// sums.clear();
/// assert_eq!(sums[70], 0.0);
/// ```
#[derive(Debug, Clone)]
pub struct Paged<T> {
    /// Where in `entries` each page begins, in pages.
    page: Vec<u32>,
    /// The pages that are there, in the order in which they were touched.
    touched: Vec<u32>,
    entries: Vec<T>,
    zero: T,
}

impl<T: Copy + Default> Paged<T> {
    /// Zeros.
    pub fn new(count: usize) -> Paged<T> {
        Paged { page: vec![NONE; count.div_ceil(PAGE)], touched: vec![], entries: vec![], zero: T::default() }
    }

    /// Sets all to zero.
    pub fn clear(&mut self) {
        for page in self.touched.drain(..) {
            self.page[page as usize] = NONE;
        }
        self.entries.clear();
    }

    /// Whether nothing was written since it was last cleared.
    pub fn is_clear(&self) -> bool {
        self.touched.is_empty()
    }

    /// The entries of page `number`, if it was touched.
    pub fn page(&self, number: usize) -> Option<&[T]> {
        let at = self.page[number];
        (at != NONE).then(|| &self.entries[at as usize * PAGE..][..PAGE])
    }

    /// The pages that were touched, in any order, each with the index of its first entry.
    pub fn pages(&self) -> impl Iterator<Item = (usize, &[T])> {
        self.touched.iter().map(|&page| page as usize * PAGE).zip(self.entries.chunks_exact(PAGE))
    }

    /// The entries of these pages, each with its index.
    pub fn entries(&self) -> impl Iterator<Item = (usize, &T)> {
        self.pages().flat_map(|(first, page)| (first..).zip(page))
    }

    /// Adds what several lists hold, list after list in order for every entry.
    pub fn add_all(&mut self, lists: &[&Paged<T>], add: impl Fn(&mut T, &T) + Sync)
    where
        T: Send + Sync,
    {
        for page in lists.iter().flat_map(|list| &list.touched) {
            self.touch(*page as usize);
        }
        let pages = self.entries.par_chunks_mut(PAGE).zip(&self.touched);
        pages.with_min_len(8).for_each(|(sums, &number)| {
            for page in lists.iter().filter_map(|list| list.page(number as usize)) {
                sums.iter_mut().zip(page).for_each(|(sum, part)| add(sum, part));
            }
        });
    }

    /// Gives page `number` memory, if it has none.
    fn touch(&mut self, number: usize) -> usize {
        if self.page[number] == NONE {
            self.add_page(number);
        }
        self.page[number] as usize
    }

    #[cold]
    #[inline(never)]
    fn add_page(&mut self, number: usize) {
        self.page[number] = self.touched.len() as u32;
        self.touched.push(number as u32);
        self.entries.resize(self.entries.len() + PAGE, self.zero);
    }
}

impl<T: Copy + Default> Index<usize> for Paged<T> {
    type Output = T;

    #[inline(always)]
    fn index(&self, index: usize) -> &T {
        match self.page[index / PAGE] {
            NONE => &self.zero,
            at => &self.entries[at as usize * PAGE + index % PAGE],
        }
    }
}

impl<T: Copy + Default> IndexMut<usize> for Paged<T> {
    #[inline(always)]
    fn index_mut(&mut self, index: usize) -> &mut T {
        let at = self.touch(index / PAGE);
        &mut self.entries[at * PAGE + index % PAGE]
    }
}

/// Adds what several lists hold to `sums`, list after list in order for every entry.
pub fn add_all<T: Copy + Default + Send + Sync>(
    sums: &mut [T],
    lists: &[&Paged<T>],
    add: impl Fn(&mut T, &T) + Sync,
) {
    let lists: Vec<&&Paged<T>> = lists.iter().filter(|list| !list.is_clear()).collect();
    if lists.is_empty() {
        return;
    }
    sums.par_chunks_mut(PAGE).with_min_len(8).enumerate().for_each(|(number, sums)| {
        for page in lists.iter().filter_map(|list| list.page(number)) {
            sums.iter_mut().zip(page).for_each(|(sum, part)| add(sum, part));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_list() {
        let count = 1000;
        let (mut paged, mut plain) = (Paged::new(count), vec![0u64; count]);
        for round in 0..3 {
            for i in 0..500usize {
                let at = (i * 7919 + round) % count / (1 + round);
                paged[at] += i as u64;
                plain[at] += i as u64;
            }
            assert!((0..count).all(|i| paged[i] == plain[i]));
            let mut sums = vec![1; count];
            add_all(&mut sums, &[&paged, &Paged::new(count), &paged], |sum, part| *sum += part);
            assert!((0..count).all(|i| sums[i] == 1 + 2 * plain[i]));
            let mut paged_sums = Paged::new(count);
            paged_sums[3] = 5;
            paged_sums.add_all(&[&paged, &Paged::new(count), &paged], |sum, part| *sum += part);
            assert!((0..count).all(|i| paged_sums[i] == 2 * plain[i] + if i == 3 { 5 } else { 0 }));
            paged.clear();
            plain.fill(0);
            assert!(paged.is_clear() && (0..count).all(|i| paged[i] == 0));
        }
    }
}
