package dev.gorgon.train.distill;

import dev.gorgon.train.data.ReadSettings;
import java.nio.file.Path;
import java.util.Map;

/** A run with made-up answers as a program, to be killed: input, output, milliseconds per answer at most. */
final class EchoProcess {

    private EchoProcess() {}

    public static void main(String[] arguments) throws InterruptedException {
        int pace = Integer.parseInt(arguments[2]);
        Answerer echo = (messages, seed) -> {
            Thread.sleep(pace == 0 ? 0 : seed % pace);
            return new Answer(messages.getLast().content() + " " + seed + " é".repeat((int) (seed % 700)), false, 1);
        };
        DistillSettings settings = new DistillSettings(
                Path.of(arguments[0]),
                ReadSettings.STRICT,
                OutputPaths.of(Path.of(arguments[1])),
                new DistillSettings.Run(1, 8, Long.MAX_VALUE, CutAnswers.KEEP, false),
                Map.of());
        try (Distillation run = Distillation.open(settings, echo)) {
            System.out.println("begins");
            run.run();
            run.writeArray();
            System.out.println("ends");
        } catch (RuntimeException e) {
            System.out.println(e.getMessage());
            System.exit(1);
        }
    }
}
