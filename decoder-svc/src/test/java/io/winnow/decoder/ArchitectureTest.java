package io.winnow.decoder;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The direction in which this service's packages may look. */
class ArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.winnow.decoder");

  @Test
  void decisionsKnowNoFrameworkAndNoWire() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.winnow.decoder.calibration..",
            "io.winnow.decoder.chat..",
            "io.winnow.decoder.generation..",
            "io.winnow.decoder.telemetry..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.grpc..", "io.quarkus..", "io.vertx..", "io.opentelemetry..", "jakarta..")
        .check(CLASSES);
  }

  @Test
  void theEdgesDoNotKnowEachOther() {
    noClasses()
        .that()
        .resideInAPackage("io.winnow.decoder.grpc..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.winnow.decoder.http..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("io.winnow.decoder.http..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.winnow.decoder.grpc..")
        .check(CLASSES);
  }
}
