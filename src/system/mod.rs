//! The machine around the program: files of others, a terminal, memory, disks.
//!
//! Nothing here knows what the program computes. All that it opens goes through [`files`], all
//! that it says about names and texts of others through [`text`], and what memory and disks have
//! to give is found out in [`memory`] and [`disk`].

pub mod disk;
pub mod files;
pub mod memory;
pub mod text;
