//! The list of figures and tables.

use super::item::Item;
use super::{
    ReproduceError, a_alignment, a_decay, a_label_noise, a_minimum_norm, s_cor3, s_fig3, s_fig5, s_fig6,
    s_fig7, s_fig9, s_fig10, s_fig11, s_lemma1, s_lemma2, s_pde, s_remark1, s_table1, s_table2, s_thm1,
    s_thm2, s_thm4, s_thm6, w_clt, w_fig1, w_fig2, w_fig3, w_fig4, w_fig5, w_fig6, w_fig7, w_fig8, w_fig9,
    w_lemma2, w_residuals,
};

/// All of them, in the order of the papers; then what those say who cite them.
pub fn items() -> &'static [Item] {
    const ITEMS: &[Item] = &[
        w_fig1::ITEM,
        w_fig2::ITEM,
        w_fig3::ITEM,
        w_fig4::ITEM,
        w_fig5::ITEM,
        w_fig6::ITEM,
        w_fig7::ITEM,
        w_fig8::ITEM,
        w_fig9::ITEM,
        w_residuals::ITEM,
        w_lemma2::ITEM,
        w_clt::ITEM,
        s_thm1::ITEM,
        s_thm2::ITEM,
        s_fig3::ITEM,
        s_thm4::ITEM,
        s_lemma1::ITEM,
        s_remark1::ITEM,
        s_fig5::ITEM,
        s_fig6::ITEM,
        s_cor3::ITEM,
        s_thm6::ITEM,
        s_lemma2::ITEM,
        s_pde::ITEM,
        s_table1::ITEM,
        s_table2::ITEM,
        s_fig7::ITEM,
        s_fig9::ITEM,
        s_fig10::ITEM,
        s_fig11::ITEM,
        a_decay::ITEM,
        a_alignment::ITEM,
        a_label_noise::ITEM,
        a_minimum_norm::ITEM,
    ];
    ITEMS
}

/// The item of a name.
///
/// # Errors
/// There is none.
pub fn find(name: &str) -> Result<&'static Item, ReproduceError> {
    items().iter().find(|item| item.name == name).ok_or_else(|| ReproduceError::Unknown {
        found: name.to_string(),
        known: items().iter().map(|item| item.name).collect::<Vec<_>>().join(", "),
    })
}
