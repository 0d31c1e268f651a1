package io.winnow.pruner.planning;

/**
 * What a method may know beside the request.
 *
 * @param recipes every recipe in force
 * @param forecast what prefills of the request's model cost
 */
record Knowledge(RecipeBook recipes, PrefillForecast forecast) {}
