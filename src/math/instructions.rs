//! Which vector instructions the loops over lanes use.
//!
//! A function made by `vectorized!` is compiled once for each of [`Instructions`], and a call takes the version for those
//! that are in use: the best that the processor has, or fewer ([`choose`]). All versions do the same operations in the same
//! order, each rounded by itself (no fused multiply-add unless one is written), so that they give the same bits.

use std::sync::atomic::{AtomicU8, Ordering};

/// Sets of vector instructions, ascending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Instructions {
    /// Those that every processor of the architecture has (x86-64: SSE2; aarch64: Neon).
    Baseline = 1,
    /// AVX2, of x86-64.
    Avx2 = 2,
    /// AVX-512 F, DQ and VL, of x86-64.
    Avx512 = 3,
}

/// All of them.
pub const ALL: [Instructions; 3] = [Instructions::Baseline, Instructions::Avx2, Instructions::Avx512];

impl Instructions {
    /// What a user calls them.
    pub fn name(self) -> &'static str {
        match self {
            Instructions::Baseline => "baseline",
            Instructions::Avx2 => "avx2",
            Instructions::Avx512 => "avx512",
        }
    }

    /// Whether this processor has them.
    pub fn is_available(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        return match self {
            Instructions::Baseline => true,
            Instructions::Avx2 => is_x86_feature_detected!("avx2"),
            Instructions::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
        };
        #[cfg(not(target_arch = "x86_64"))]
        return self == Instructions::Baseline;
    }
}

/// Those in use; 0 before anyone asked.
static IN_USE: AtomicU8 = AtomicU8::new(0);

/// Has all of this process use these from now on. Returns whether it does: not if the processor lacks them.
///
/// ```
/// use reluflow::math::instructions::{Instructions, choose, in_use};
/// assert!(choose(Instructions::Baseline));
/// assert_eq!(in_use(), Instructions::Baseline);
/// ```
pub fn choose(instructions: Instructions) -> bool {
    let available = instructions.is_available();
    if available {
        IN_USE.store(instructions as u8, Ordering::Relaxed);
    }
    available
}

/// Those in use: what was chosen, or the best that the processor has.
#[inline]
pub fn in_use() -> Instructions {
    match IN_USE.load(Ordering::Relaxed) {
        1 => Instructions::Baseline,
        2 => Instructions::Avx2,
        3 => Instructions::Avx512,
        _ => best(),
    }
}

#[cold]
fn best() -> Instructions {
    let best = ALL.into_iter().rfind(|one| one.is_available()).unwrap_or(Instructions::Baseline);
    IN_USE.store(best as u8, Ordering::Relaxed);
    best
}

/// Defines a function that is compiled for each of [`Instructions`]. Its body should be one call of an
/// `#[inline(always)]` function.
macro_rules! vectorized {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$attribute])*
        $visibility fn $name($($argument: $kind),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                use $crate::math::instructions::{Instructions, in_use};

                #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
                fn avx512($($argument: $kind),*) $(-> $result)? $body

                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $kind),*) $(-> $result)? $body

                match in_use() {
                    // SAFETY: what is in use is available.
                    Instructions::Avx512 => return unsafe { avx512($($argument),*) },
                    // SAFETY: as above.
                    Instructions::Avx2 => return unsafe { avx2($($argument),*) },
                    Instructions::Baseline => {}
                }
            }
            $body
        }
    };
}

pub(crate) use vectorized;
