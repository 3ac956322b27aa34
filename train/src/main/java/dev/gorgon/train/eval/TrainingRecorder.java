package dev.gorgon.train.eval;

import dev.gorgon.train.heads.EvaluationMetrics;
import dev.gorgon.train.heads.StepMetrics;
import dev.gorgon.train.heads.TrainingListener;
import dev.gorgon.train.heads.TrainingPlan;
import dev.gorgon.train.heads.TrainingReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down how a training goes, as it goes: TensorBoard events in {@code runs} and the page {@code report.html}. A disk that takes
 * no reports does not end a training; that is told once.
 */
public final class TrainingRecorder implements TrainingListener, AutoCloseable {

    /** Folder for events in the training's folder. */
    public static final String EVENTS = "runs";

    /** The page in the training's folder. */
    public static final String PAGE = "report.html";

    private static final Logger LOG = LoggerFactory.getLogger(TrainingRecorder.class);
    private static final long PAGE_NANOS = 10_000_000_000L;

    private final Path folder;
    private final TrainingListener next;
    private final List<StepMetrics> log = new ArrayList<>();
    private final List<EvaluationMetrics> evaluations = new ArrayList<>();
    private Optional<EventFile> events = Optional.empty();
    private long paged = System.nanoTime() - PAGE_NANOS;
    private boolean failed;

    /**
     * @param folder of the training
     * @param next hears everything, too
     */
    public TrainingRecorder(Path folder, TrainingListener next) {
        this.folder = folder;
        this.next = next;
    }

    @Override
    public void onStates(long samples, long positions) {
        next.onStates(samples, positions);
    }

    @Override
    public void onStep(StepMetrics metrics) {
        next.onStep(metrics);
    }

    @Override
    public void onStart(TrainingPlan plan) {
        next.onStart(plan);
        attempt(() -> events = Optional.of(EventFile.create(folder.resolve(EVENTS), System.currentTimeMillis())));
    }

    @Override
    public void onLog(StepMetrics metrics) {
        next.onLog(metrics);
        log.add(metrics);
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("train/loss", metrics.loss());
        values.put("train/learning_rate", metrics.learningRate());
        values.put("train/grad_norm", metrics.gradientNorm());
        values.put("train/epoch", metrics.epoch());
        for (int i = 0; i < metrics.heads().size(); i++) {
            values.put("train/medusa" + i + "_loss", metrics.heads().get(i).loss());
            values.put("train/medusa" + i + "_top1", metrics.heads().get(i).top1());
        }
        write(metrics.step(), values, false);
    }

    @Override
    public void onEvaluation(EvaluationMetrics metrics) {
        next.onEvaluation(metrics);
        evaluations.add(metrics);
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("eval/loss", metrics.loss());
        for (int i = 0; i < metrics.heads().size(); i++) {
            EvaluationMetrics.Head head = metrics.heads().get(i);
            values.put("eval/medusa" + i + "_loss", head.loss());
            for (int k = 1; k <= head.topK().size(); k++) {
                values.put("eval/medusa" + i + "_top" + k, head.topK().get(k - 1));
            }
        }
        write(metrics.step(), values, true);
    }

    /** The report has also what was logged before an interruption. */
    @Override
    public void onEnd(TrainingReport report) {
        attempt(() -> page(new TrainingCurves(report.log(), report.evaluations())));
        close();
        next.onEnd(report);
    }

    private void write(long step, Map<String, Double> values, boolean pageAtOnce) {
        attempt(() -> {
            if (events.isPresent()) {
                events.get().scalars(System.currentTimeMillis(), step, values);
            }
            if (pageAtOnce || System.nanoTime() - paged > PAGE_NANOS) {
                paged = System.nanoTime();
                page(new TrainingCurves(log, evaluations));
            }
        });
    }

    private void page(TrainingCurves curves) throws IOException {
        if (curves.log().isEmpty() && curves.evaluations().isEmpty()) {
            return;
        }
        String title = String.valueOf(folder.toAbsolutePath().normalize().getFileName());
        Path partial = folder.resolve(PAGE + ".partial");
        Files.write(
                partial,
                HtmlReport.of(title, Optional.of(curves), Optional.empty()).getBytes(StandardCharsets.UTF_8));
        Files.move(partial, folder.resolve(PAGE), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private interface Attempt {
        void run() throws IOException;
    }

    private void attempt(Attempt attempt) {
        try {
            attempt.run();
        } catch (IOException e) {
            if (!failed) {
                failed = true;
                LOG.warn("cannot write reports to {}: {}", folder, e.toString());
            }
        }
    }

    @Override
    public void close() {
        attempt(() -> {
            if (events.isPresent()) {
                events.get().close();
            }
        });
    }
}
