//! Damage to the objects of an HDF5 file: what a faulty or hostile program writes.

use std::path::Path;

use hdf5::dataset::Dataset;
use hdf5::types::{FixedAscii, FixedUnicode, FloatSize, IntSize, TypeDescriptor};
use hdf5::{Extent, File, Group, Location, OpenMode, SimpleExtents};

use crate::damage_draw::Draw;

/// Texts of files in memory: theirs are of any fixed length.
type Text = FixedUnicode<32_768>;

/// A kind of damage to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    RemoveDataset,
    RemoveAttribute,
    RetypeDataset,
    RetypeAttribute,
    ResizeDataset,
    ResizeAttribute,
    ChangeValue,
    ScaleValues,
    ChangeAttribute,
    SwapNames,
    Link,
    Add,
}

impl Object {
    pub const ALL: [Object; 12] = [
        Object::RemoveDataset,
        Object::RemoveAttribute,
        Object::RetypeDataset,
        Object::RetypeAttribute,
        Object::ResizeDataset,
        Object::ResizeAttribute,
        Object::ChangeValue,
        Object::ScaleValues,
        Object::ChangeAttribute,
        Object::SwapNames,
        Object::Link,
        Object::Add,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Object::RemoveDataset => "removed dataset",
            Object::RemoveAttribute => "removed attribute",
            Object::RetypeDataset => "retyped dataset",
            Object::RetypeAttribute => "retyped attribute",
            Object::ResizeDataset => "resized dataset",
            Object::ResizeAttribute => "resized attribute",
            Object::ChangeValue => "changed value",
            Object::ScaleValues => "changed values",
            Object::ChangeAttribute => "changed attribute",
            Object::SwapNames => "swapped names",
            Object::Link => "strange link",
            Object::Add => "added object",
        }
    }

    /// Damages the file; says how. The file must be sound and closed.
    pub fn apply(self, path: &Path, draw: &mut Draw) -> hdf5::Result<String> {
        let file =
            File::with_options().with_fapl(|p| p.file_locking(false)).open_as(path, OpenMode::ReadWrite)?;
        let said = self.change(&file, draw)?;
        file.close()?;
        Ok(said)
    }

    fn change(self, file: &File, draw: &mut Draw) -> hdf5::Result<String> {
        let sets = datasets(file)?;
        let set = draw.one_of(&sets.iter().collect::<Vec<_>>());
        let name = set.name();
        match self {
            Object::RemoveDataset => {
                file.unlink(&name)?;
                Ok(format!("{name} removed"))
            }
            Object::RemoveAttribute => on_attribute(file, set, draw, |owner, attribute, _| {
                owner.delete_attr(attribute)?;
                Ok("removed".to_owned())
            }),
            Object::RetypeDataset => {
                let to = draw.one_of(&TYPES)();
                let shape = SimpleExtents::new(set.shape());
                let said = format!("{name} becomes {to}");
                replace(file, set, &to, shape).map(|()| said)
            }
            Object::RetypeAttribute => on_attribute(file, set, draw, |owner, attribute, draw| {
                let to = draw.one_of(&TYPES)();
                let shape = owner.attr(attribute)?.shape();
                owner.delete_attr(attribute)?;
                owner.new_attr_builder().empty_as(&to).shape(shape).create(attribute)?;
                Ok(format!("becomes {to}"))
            }),
            Object::ResizeDataset => {
                let shape = extents(&set.shape(), draw);
                let said = format!("{name} gets shape {shape}");
                replace(file, set, &set.dtype()?.to_descriptor()?, shape).map(|()| said)
            }
            Object::ResizeAttribute => on_attribute(file, set, draw, |owner, attribute, draw| {
                let dtype = owner.attr(attribute)?.dtype()?.to_descriptor()?;
                let shape = draw.one_of(&[&[0][..], &[1], &[2], &[7000], &[1, 1, 1, 1, 1, 1, 1, 1], &[3, 2]]);
                owner.delete_attr(attribute)?;
                owner.new_attr_builder().empty_as(&dtype).shape(shape).create(attribute)?;
                Ok(format!("gets shape {shape:?}"))
            }),
            Object::ChangeValue => change_values(set, draw, false),
            Object::ScaleValues => change_values(set, draw, true),
            Object::ChangeAttribute => on_attribute(file, set, draw, change_attribute),
            Object::SwapNames => {
                let same: Vec<&Dataset> =
                    sets.iter().filter(|s| s.shape() == set.shape() && s.name() != name).collect();
                let other = if same.is_empty() { &sets[0] } else { draw.one_of(&same) }.name();
                file.relink(&name, "/swap")?;
                if other != name {
                    file.relink(&other, &name)?;
                }
                file.relink("/swap", &other)?;
                Ok(format!("{name} and {other} swapped"))
            }
            Object::Link => link(file, &name, draw),
            Object::Add => {
                let shape = extents(&set.shape(), draw);
                let to = draw.one_of(&TYPES)();
                let said = format!("added of type {to} and shape {shape}");
                create(file, "stranger", &to, shape).map(|_| said)
            }
        }
    }
}

/// Types that no variable has, or that some have and others do not.
const TYPES: [fn() -> TypeDescriptor; 11] = [
    || TypeDescriptor::Float(FloatSize::U8),
    || TypeDescriptor::Float(FloatSize::U4),
    || TypeDescriptor::Integer(IntSize::U8),
    || TypeDescriptor::Integer(IntSize::U1),
    || TypeDescriptor::Unsigned(IntSize::U4),
    || TypeDescriptor::Unsigned(IntSize::U8),
    || TypeDescriptor::VarLenUnicode,
    || TypeDescriptor::FixedAscii(8),
    || TypeDescriptor::FixedUnicode(30_000),
    || TypeDescriptor::VarLenArray(Box::new(TypeDescriptor::Float(FloatSize::U8))),
    || TypeDescriptor::FixedArray(Box::new(TypeDescriptor::Float(FloatSize::U8)), 1 << 12),
];

/// All variables of the root and of its groups.
fn datasets(file: &File) -> hdf5::Result<Vec<Dataset>> {
    let mut sets = file.datasets()?;
    for group in file.groups()? {
        sets.extend(group.datasets()?);
    }
    Ok(sets)
}

/// Does something to an attribute of the root or of a variable.
fn on_attribute(
    file: &File,
    set: &Dataset,
    draw: &mut Draw,
    change: impl Fn(&Location, &str, &mut Draw) -> hdf5::Result<String>,
) -> hdf5::Result<String> {
    // Most of what matters is said at the root.
    let owner: &Location = if draw.below(3) > 0 { file } else { set };
    let names = owner.attr_names()?;
    let name = draw.one_of(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let place = owner.name();
    change(owner, name, draw).map(|said| format!("attribute {name} of {place} {said}"))
}

/// Shapes that do not fit: the old one a little changed, none, huge, of many dimensions.
fn extents(old: &[usize], draw: &mut Draw) -> SimpleExtents {
    let fixed = |dims: Vec<usize>| SimpleExtents::new(dims);
    let mut changed = old.to_vec();
    let axis = if old.is_empty() { 0 } else { draw.below(old.len()) };
    match draw.below(10) {
        0 => fixed(vec![]),
        1 => fixed(vec![0]),
        2 => fixed(vec![1 << 40]),
        3 => fixed(vec![1 << 62]),
        4 => fixed(vec![2; 8]),
        5 => fixed(vec![1 << 20, 1 << 20, 1 << 20]),
        6 if !old.is_empty() => {
            changed[axis] += 1;
            fixed(changed)
        }
        7 if !old.is_empty() => {
            changed[axis] /= 2;
            fixed(changed)
        }
        8 if !old.is_empty() => {
            changed[axis] = 1 << draw.below(60);
            fixed(changed)
        }
        _ => SimpleExtents::from_vec(vec![Extent::resizable(0)]),
    }
}

fn create(group: &Group, name: &str, dtype: &TypeDescriptor, shape: SimpleExtents) -> hdf5::Result<Dataset> {
    let large = shape.dims().iter().any(|&len| len > 1 << 16) || shape.is_resizable();
    let chunk: Vec<usize> = shape.dims().iter().map(|&len| len.clamp(1, 2)).collect();
    let builder = group.new_dataset_builder().empty_as(dtype).shape(shape);
    if large { builder.chunk(chunk).create(name) } else { builder.no_chunk().create(name) }
}

/// Puts another dataset into the place of one, with its texts.
fn replace(file: &File, set: &Dataset, dtype: &TypeDescriptor, shape: SimpleExtents) -> hdf5::Result<()> {
    let name = set.name();
    file.relink(&name, "/old")?;
    let new = create(file, &name, dtype, shape)?;
    for attribute in ["long_name", "units", "equation", "flag_meanings"] {
        let Ok(old) = set.attr(attribute) else { continue };
        write_text(&new, attribute, old.read_scalar::<Text>()?.as_str())?;
    }
    file.unlink("/old")
}

/// Writes a text attribute as the program does.
fn write_text(owner: &Location, name: &str, text: &str) -> hdf5::Result<()> {
    let to = TypeDescriptor::FixedUnicode(text.len().max(1));
    let text: Text = text.parse().expect("short and without NUL");
    owner.new_attr_builder().empty_as(&to).create(name)?.write_scalar(&text)
}

/// Another number in the place of one, or of all.
fn change_values(set: &Dataset, draw: &mut Draw, all: bool) -> hdf5::Result<String> {
    let name = set.name();
    macro_rules! change {
        ($($t:ty: $to:expr),*) => {
            $(if set.dtype()?.is::<$t>() {
                let mut values = set.read_raw::<$t>()?;
                if values.is_empty() {
                    return Ok(format!("{name} is empty: unchanged"));
                }
                let change: fn($t, usize) -> $t = $to;
                let (how, at) = (draw.below(6), draw.below(values.len()));
                if all {
                    values.iter_mut().for_each(|value| *value = change(*value, how));
                } else {
                    values[at] = change(values[at], how);
                }
                let to = values[at];
                set.write_raw(&values)?;
                let range = if all { "all".to_owned() } else { format!("[{at}]") };
                return Ok(format!("{name}{range} becomes {to:?}"));
            })*
        };
    }
    change!(
        f64: |v, how| [f64::NAN, v * (1.0 + 1e-6), v + 1.0, -v - 0.5, v * 1000.0, f64::INFINITY][how],
        f32: |v, how| [f32::NAN, v * 1.001, v + 1.0, -v - 0.5, v * 1000.0, f32::INFINITY][how],
        i8: |v, how| v.wrapping_add([1, -1, 2, 100, -2, 3][how]),
        i32: |v, how| v.wrapping_add([1, -1, 2, i32::MAX, -2, 1000][how]),
        i64: |v, how| v.wrapping_add([1, -1, 2, i64::MAX, -2, 1000][how]),
        u32: |v, how| v.wrapping_add([1, u32::MAX, 2, 1 << 31, 7, 1000][how]),
        u64: |v, how| v.wrapping_add([1, u64::MAX, 2, 1 << 63, 7, 1000][how])
    );
    macro_rules! change_text {
        ($t:ty) => {
            if let Ok(mut texts) = set.read_raw::<$t>() {
                if texts.is_empty() {
                    return Ok(format!("{name} is empty: unchanged"));
                }
                let at = draw.below(texts.len());
                texts[at] = <$t>::from_ascii("x\u{1b}[31m").expect("no NUL");
                set.write_raw(&texts)?;
                return Ok(format!("{name}[{at}] becomes another text"));
            }
        };
    }
    change_text!(FixedAscii<32_768>);
    let Ok(mut texts) = set.read_raw::<Text>() else {
        return Ok(format!("{name} is of another type: unchanged"));
    };
    if texts.is_empty() {
        return Ok(format!("{name} is empty: unchanged"));
    }
    let at = draw.below(texts.len());
    texts[at] = "x\u{1b}[31m".parse().expect("no NUL");
    set.write_raw(&texts)?;
    Ok(format!("{name}[{at}] becomes another text"))
}

fn change_attribute(owner: &Location, name: &str, draw: &mut Draw) -> hdf5::Result<String> {
    let attribute = owner.attr(name)?;
    let how = draw.below(6);
    macro_rules! change {
        ($($t:ty: $to:expr),*) => {
            $(if attribute.dtype()?.is::<$t>() {
                let mut values = attribute.read_raw::<$t>()?;
                let change: fn($t, usize) -> $t = $to;
                values.iter_mut().for_each(|value| *value = change(*value, how));
                attribute.write_raw(&values)?;
                return Ok(format!("becomes {values:?}"));
            })*
        };
    }
    change!(
        f64: |v, how| [f64::NAN, v * (1.0 + 1e-6), v + 1.0, -v - 0.5, v * 1e300, 0.0][how],
        i8: |v, how| v.wrapping_add([1, -1, 2, 100, -2, 3][how]),
        i32: |v, how| v.wrapping_add([1, -1, 2, i32::MAX, -2, 1000][how]),
        u32: |v, how| v.wrapping_add([1, u32::MAX, 2, 1 << 31, 7, 1000][how]),
        u64: |v, how| v.wrapping_add([1, u64::MAX, 2, 1 << 63, 7, 1000][how])
    );
    let Ok(old) = attribute.read_scalar::<Text>() else {
        return Ok("is of another type: unchanged".to_owned());
    };
    let old = old.as_str();
    let text = match how {
        0 => String::new(),
        1 => format!("{old} "),
        2 => old.replacen(|c: char| c.is_ascii_digit(), "9", 1),
        3 => "\u{1b}[2J\u{202e}x".to_owned(),
        4 => "9".repeat(30_000),
        _ => old.replace(['a', 'e'], "u"),
    };
    owner.delete_attr(name)?;
    write_text(owner, name, &text)?;
    Ok(format!("becomes {:?}", text.chars().take(30).collect::<String>()))
}

/// A link in the place of a variable: dangling, in a circle, to a group, to another file.
fn link(file: &File, name: &str, draw: &mut Draw) -> hdf5::Result<String> {
    let how = draw.below(6);
    if how < 5 {
        file.unlink(name)?;
    }
    let said = match how {
        0 => file.link_soft("/nowhere", name).map(|()| "a dangling link"),
        1 => file.link_soft(name, name).map(|()| "a link to itself"),
        2 => file.link_hard("/", name).map(|()| "the root"),
        3 => file.link_external("/dev/zero", "/x", name).map(|()| "a link into /dev/zero"),
        4 => file.create_group(name).map(|_| "a group"),
        _ => file.link_hard("/", "circle").map(|()| "as it was, but the root is in the root"),
    };
    said.map(|said| format!("{name} is {said}"))
}
