package io.winnow.runtime.triton;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** A test that needs a real Triton: left out unless {@code mvn verify -Ptriton} asks for it. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@EnabledIfSystemProperty(
    named = "winnow.triton",
    matches = "true",
    disabledReason = "needs a real Triton: mvn verify -Ptriton fetches one")
public @interface OnTriton {}
