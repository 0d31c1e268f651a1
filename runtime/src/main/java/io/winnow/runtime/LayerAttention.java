package io.winnow.runtime;

/**
 * FitPrune's statistics of one layer (arXiv 2409.10197): for each visual row that entered it the
 * head-maximum attention that it received, averaged over queries.
 *
 * @param layer number of the layer
 * @param self mean over the visual rows of the same picture // [visual]
 * @param cross mean over the text rows behind it // [visual]
 */
public record LayerAttention(int layer, float[] self, float[] cross) {}
