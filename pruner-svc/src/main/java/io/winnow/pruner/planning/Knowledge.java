package io.winnow.pruner.planning;

import io.winnow.runtime.ExitGates;
import java.util.Optional;

/**
 * What a method may know beside the request.
 *
 * @param recipes every recipe in force
 * @param forecast what prefills of the request's model cost
 * @param gates the exit gates of the request's model, if it has any
 */
record Knowledge(RecipeBook recipes, PrefillForecast forecast, Optional<ExitGates> gates) {}
